use super::*;

#[test]
fn the_frame_is_json() {
    let frame: Value = serde_json::from_str(FRAME).unwrap();
    assert_eq!(frame["openapi"], "3.1.1");
}
