// Runs files of tests in the given order, some at a time: `node --test` would sort them by name.
//
//     node support/run.js FILE…

import process from "node:process";
import { run } from "node:test";
import { spec } from "node:test/reporters";

run({ files: process.argv.slice(2), concurrency: Number(process.env.CONCURRENCY ?? 2) })
  .on("test:fail", () => {
    process.exitCode = 1;
  })
  .compose(spec)
  .pipe(process.stdout);
