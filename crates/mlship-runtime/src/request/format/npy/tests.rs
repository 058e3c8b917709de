//! Arrays and headers that lie.

use super::*;

fn npy(header: &str, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(header.len()).unwrap().to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), data].concat()
}

fn header(descr: &str, order: &str, shape: &str) -> String {
    format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}   \n")
}

fn refused(body: &[u8]) -> Kind {
    Array::read(body).map(drop).unwrap_err().0
}

#[test]
fn both_orders_are_one_array() {
    let rows = npy(&header("|u1", "False", "(2, 3)"), &[1, 2, 3, 4, 5, 6]);
    let columns = npy(&header("|u1", "True", "(2, 3)"), &[1, 4, 2, 5, 3, 6]);
    for (body, in_order) in [(&rows, true), (&columns, false)] {
        let array = Array::read(body).unwrap();
        let found: Vec<i64> = (0..array.len())
            .map(|place| match array.scalar(place) {
                Scalar::Int(value) => value,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(found, [1, 2, 3, 4, 5, 6]);
        assert_eq!(array.in_order().is_some(), in_order);
        assert_eq!(array.indices(5), [1, 2]);
    }
}

#[test]
fn a_header_that_lies_is_refused() {
    let four = [0; 4];
    for shape in ["(1000000000,)", "(2,)", "(0,)", "(4294967296, 4294967296, 4)", "(,)", "(-1,)"] {
        assert_eq!(
            refused(&npy(&header("<f4", "False", shape), &four)),
            Kind::Malformed,
            "{shape}"
        );
    }
    let many = format!("({})", "1,".repeat(65));
    assert_eq!(refused(&npy(&header("<f4", "False", &many), &four)), Kind::Malformed);
    assert_eq!(refused(&npy(&header("<f4", "False", "(0,)"), &[])), Kind::EmptyList);
    for descr in [">f4", "<U4", "|O", "<f2", "<c8", "", "é"] {
        assert_eq!(
            refused(&npy(&header(descr, "False", "(1,)"), &four)),
            Kind::WrongType,
            "{descr}"
        );
    }
    let records = "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }";
    assert_eq!(refused(&npy(records, &four)), Kind::WrongType);
    for text in ["", "{", "{}", "{'descr': '<f4'}", "{'x': 1}", "[]", "{'descr' '<f4'}"] {
        assert_eq!(refused(&npy(text, &four)), Kind::Malformed, "{text}");
    }
    for body in [
        &b""[..],
        b"\x93NUMPY",
        b"\x93NUMPY\x01\x00\xff\xff",
        b"\x93NUMPY\x02\x00\xff\xff\xff\xff",
        b"\x93NUMPY\x09\x00\x00\x00",
    ] {
        assert_eq!(refused(body), Kind::Malformed);
    }
    assert!(Array::read(&npy(&header("<f4", "False", "()"), &four)).is_ok());
}
