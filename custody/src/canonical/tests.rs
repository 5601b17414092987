use proptest::prelude::*;
use serde_json::json;

use super::*;

fn canonical(text: &str) -> String {
    to_text(&serde_json::from_str(text).unwrap()).unwrap()
}

/// RFC 8785, appendix B: the bits of a double and its text.
const DOUBLES: [(u64, &str); 24] = [
    (0x0000_0000_0000_0000, "0"),
    (0x8000_0000_0000_0000, "0"),
    (0x0000_0000_0000_0001, "5e-324"),
    (0x8000_0000_0000_0001, "-5e-324"),
    (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
    (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"),
    (0x4340_0000_0000_0000, "9007199254740992"),
    (0xc340_0000_0000_0000, "-9007199254740992"),
    (0x4430_0000_0000_0000, "295147905179352830000"),
    (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
    (0x44b5_2d02_c7e1_4af6, "1e+23"),
    (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
    (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
    (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"),
    (0x444b_1ae4_d6e2_ef50, "1e+21"),
    (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
    (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
    (0x41b3_de43_5555_5553, "333333333.3333332"),
    (0x41b3_de43_5555_5554, "333333333.33333325"),
    (0x41b3_de43_5555_5555, "333333333.3333333"),
    (0x41b3_de43_5555_5556, "333333333.3333334"),
    (0x41b3_de43_5555_5557, "333333333.33333343"),
    (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
    (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
];

#[test]
fn the_numbers_of_rfc_8785_are_reproduced() {
    for (bits, text) in DOUBLES {
        assert_eq!(double_text(f64::from_bits(bits)), text, "{bits:x}");
    }
}

#[test]
fn the_example_of_rfc_8785_is_reproduced() {
    // Section 3.2.2, sorted as in section 3.2.3.
    let given = r#"{
        "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
        "literals": [null, true, false]
    }"#;
    assert_eq!(
        canonical(given),
        r#"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}"#
    );
}

#[test]
fn members_are_sorted_by_utf_16_code_units() {
    // RFC 8785, section 3.2.3: an emoji's surrogates sort before U+FB33.
    let given = r#"{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh",
        "1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}"#;
    let value: Value = serde_json::from_str(&canonical(given)).unwrap();
    assert_eq!(value.as_object().unwrap().len(), 7);
    let text = canonical(given);
    let order = [
        "Carriage Return",
        "One",
        "Control",
        "Latin Small",
        "Euro Sign",
        "Emoji",
        "Hebrew",
    ]
    .map(|name| text.find(name).unwrap());
    assert!(order.is_sorted());
}

#[test]
fn integers_that_others_would_round_are_refused() {
    for integer in [
        json!(1_u64 << 53),
        json!(-(1_i64 << 53)),
        json!(u64::MAX),
        json!(1e17),
    ] {
        assert_eq!(to_text(&integer), Err(CanonicalError::Integer));
    }
    assert_eq!(
        to_text(&json!((1_u64 << 53) - 1)).unwrap(),
        "9007199254740991"
    );
}

#[test]
fn texts_that_are_not_canonical_are_refused() {
    for text in [
        r#"{"a":1 }"#,
        r#"{"b":1,"a":2}"#,
        r#"{"a":1,"a":1}"#,
        r#"{"a":1.0}"#,
        r#""\u0041""#,
        "-0",
        "1e2",
    ] {
        assert_eq!(
            parse(text.as_bytes()),
            Err(CanonicalError::NotCanonical),
            "{text}"
        );
    }
    assert!(matches!(parse(b"{\"a\""), Err(CanonicalError::Json { .. })));
    assert!(matches!(
        parse(b"\"\xff\""),
        Err(CanonicalError::Json { .. })
    ));
    assert_eq!(parse(br#"{"a":1}"#), Ok(json!({"a": 1})));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-(1_i64 << 53) + 1..1 << 53).prop_map(Value::from),
        any::<f64>().prop_filter_map("finite and no integer", |number| {
            Number::from_f64(number).map(Value::Number)
        }),
        "\\PC{0,8}".prop_map(Value::from),
        "[\\x00-\\x1f\"\\\\]{0,4}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 30, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("\\PC{0,4}", inner, 0..5)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn a_canonical_text_is_its_own_canonical_text(value in any_json()) {
        if let Ok(text) = to_text(&value) {
            let read = parse(text.as_bytes()).unwrap();
            prop_assert_eq!(to_text(&read).unwrap(), text);
        }
    }

    #[test]
    fn doubles_read_back_as_themselves(number in any::<f64>()) {
        prop_assume!(number.is_finite());
        prop_assert_eq!(double_text(number).parse::<f64>().unwrap(), number);
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let _ = parse(&bytes);
    }
}
