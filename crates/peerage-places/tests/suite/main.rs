mod bounds;
mod damage;
mod nearby;
mod spellings;
mod world;
