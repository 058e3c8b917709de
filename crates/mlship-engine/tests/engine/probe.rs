//! The program inside the images of the tests: does what `PROBE` says and tells what it sees.
//! Compiled alone, without the workspace.

use std::fs::{self, File};
use std::io::Write;
use std::time::Duration;

fn main() {
    match std::env::var("PROBE").as_deref() {
        Ok("memory") => fill_memory(),
        Ok("root") => println!("{}", fs::write("/written", "x").expect_err("a read-only root")),
        Ok("tmp") => println!("{}", fill_tmp()),
        Ok("sleep") => sleep(),
        Ok("fail") => {
            eprintln!("failing as asked");
            std::process::exit(3);
        }
        _ => tell(),
    }
}

fn tell() {
    let status = fs::read_to_string("/proc/self/status").expect("its own status");
    let wanted = ["Uid:", "CapEff:", "CapBnd:", "NoNewPrivs:"];
    for line in status.lines().filter(|line| wanted.iter().any(|key| line.starts_with(key))) {
        println!("{}", line.replace('\t', " "));
    }
    let files = ["/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "/sys/fs/cgroup/cpu.max"];
    for quota in files.iter().filter_map(|path| fs::read_to_string(path).ok()) {
        println!("quota: {}", quota.trim());
    }
    eprintln!("and this is stderr");
}

/// Writes to memory until it is killed, a page of each 4 KiB.
fn fill_memory() {
    let mut all: Vec<Vec<u8>> = Vec::new();
    println!("filling");
    loop {
        all.push(vec![all.len() as u8 | 1; 1024 * 1024]);
        if all.len() == 4096 {
            println!("4 GiB were given");
            return;
        }
    }
}

fn fill_tmp() -> String {
    let mut file = File::create("/tmp/filled").expect("a file in /tmp");
    let chunk = vec![7_u8; 1024 * 1024];
    for written in 0..64 {
        if let Err(error) = file.write_all(&chunk) {
            return format!("{written} MiB, then: {error}");
        }
    }
    "64 MiB were taken".to_owned()
}

fn sleep() {
    println!("sleeping");
    std::thread::sleep(Duration::from_secs(600));
}
