//! A `#[test]` for a machine that has no test harness: exports the function under the name `test <path>`, or
//! `panics <path>: <words>` where it `should_panic`.

use proc_macro::{TokenStream, TokenTree};

#[proc_macro_attribute]
pub fn test(_: TokenStream, item: TokenStream) -> TokenStream {
    let (mut function, mut exported) = (Vec::new(), None);
    let (mut name, mut kind, mut expected) = (None, "test ", String::from("\"\""));
    let mut tokens = item.into_iter().peekable();
    while let Some(token) = tokens.next() {
        if let (TokenTree::Punct(hash), Some(TokenTree::Group(group))) = (&token, tokens.peek())
            && hash.as_char() == '#'
            && group.to_string().starts_with("[should_panic")
        {
            kind = "panics ";
            // `should_panic`, `should_panic = "words"` or `should_panic(expected = "words")`.
            let words = group.to_string();
            if let (Some(from), Some(to)) = (words.find('"'), words.rfind('"')) {
                expected = format!("\": \", {}", &words[from..=to]);
            }
            tokens.next();
            continue;
        }
        if name.is_none() && token.to_string() == "fn" {
            name = tokens.peek().map(ToString::to_string);
        }
        function.push(token);
    }
    if let Some(name) = name {
        let export = format!(
            "const _: () = {{
                #[unsafe(export_name = concat!({kind:?}, module_path!(), \"::{name}\", {expected}))]
                extern \"C\" fn exported() {{ {name}(); }}
            }};"
        );
        exported = Some(export.parse::<TokenStream>().expect("this is Rust"));
    }
    function
        .into_iter()
        .collect::<TokenStream>()
        .into_iter()
        .chain(exported.unwrap_or_default())
        .collect()
}
