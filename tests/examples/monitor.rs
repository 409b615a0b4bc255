//! The example `monitor` runs to its end, and finds its leak.

use std::path::Path;
use std::process::Command;

#[test]
fn smoke() {
    let test = std::env::current_exe().expect("a test knows where it is");
    let profile = test.parent().and_then(Path::parent).expect("tests are in target/<profile>/deps");
    let binary = profile.join("examples").join(format!("monitor{}", std::env::consts::EXE_SUFFIX));
    assert!(
        binary.exists(),
        "{} is missing: cargo build --features std --example monitor",
        binary.display()
    );
    let run = Command::new(binary).args(["--millis", "50"]).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let text = String::from_utf8(run.stdout).unwrap();
    for name in ["answers", "scratch", "streams", "sockets"] {
        assert!(text.contains(&format!("\n{name}: ")), "{text}");
    }
    assert!(text.contains("3 of 16 in use"), "{text}");
    assert_eq!(text.matches("leak: slot ").count(), 3, "{text}");
    let exported =
        text.contains("forebay_time_in_use_seconds{pool=\"answers\",quantile=\"0.99\"} ");
    assert_eq!(exported, cfg!(feature = "metrics"), "{text}");
}
