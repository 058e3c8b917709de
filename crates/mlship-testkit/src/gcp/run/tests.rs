mod lifecycle;
mod rules;
mod traffic;
mod world;
