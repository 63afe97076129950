//! A machine that stops in the middle of an import leaves the old state or the new one.

mod support;

use std::process::Stdio;
use std::time::{Duration, Instant};

use support::{World, on_both, registry};

/// Networks of the registry; it has three times as many rows.
const NETWORKS: u32 = 5_000;
/// Moments at which the import is killed, as shares of the time that a whole one takes.
const MOMENTS: [f64; 5] = [0.1, 0.4, 0.7, 0.85, 0.97];

on_both! {
    fn a_killed_import_leaves_the_old_state_or_the_new_one(world) {
        let (old, new) = (world.file("old.json", registry(NETWORKS, "old")), world.file("new.json", registry(NETWORKS, "new")));
        world.import(&[&old]);
        let old_text = world.export();
        let begin = Instant::now();
        world.import(&[&new]);
        let whole = begin.elapsed();
        let new_text = world.export();
        assert_ne!(old_text, new_text);
        world.import(&[&old]);
        let mut killed = 0;
        for moment in MOMENTS {
            killed += u32::from(kill_after(world, &new, whole.mul_f64(moment)));
            let text = world.export();
            assert!(text == old_text || text == new_text, "a mixture at {moment}");
            if text == new_text {
                world.import(&[&old]);
            }
        }
        assert!(killed > 0, "no import was killed");
        assert!(world.ok(&["doctor"]).contains("\nhealthy"));
        world.import(&[&new]);
        assert_eq!(world.export(), new_text);
    }
}

/// Begins an import and kills it; whether it was still running.
fn kill_after(world: &World, file: &str, time: Duration) -> bool {
    let mut child =
        world.command(&["import", file]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program runs");
    std::thread::sleep(time);
    let running = child.try_wait().expect("a child").is_none();
    // An import that has ended cannot be killed, which is as good.
    let _ = child.kill();
    child.wait().expect("it ends");
    running
}
