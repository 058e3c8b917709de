//! YAML events to nodes, on a stack of its own rather than the thread's.
//!
//! Plain data only: no anchors, aliases, merge keys, tags, directives or second documents, all of
//! which TOML lacks too. So the tree is never larger than the text.

use std::collections::HashMap;

use granit_parser::{Event, Options, Parser, ScalarStyle, Span as Mark, StructureStyle, Tag};
use mlship_core::finding::{Finding, Report, Span};
use mlship_core::node::{Key, Node, Value};

use super::scalar::{self, Refused};
use super::{MAX_DEPTH, MAX_FINDINGS, line_of, yaml_error};

/// The tree of the first and only document; `None` when the syntax is broken.
pub(super) fn parse(text: &str, report: &mut Report) -> Option<Node> {
    let mut builder = Builder { text, report, open: Vec::new(), root: None, documents: 0 };
    for event in Parser::new_from_str_with_options(text, options()) {
        let taken = match event {
            Ok((event, mark)) => builder.take(event, &mark),
            Err(error) => Err(yaml_error::finding(&error, text)),
        };
        if let Err(finding) = taken {
            builder.report.push(finding);
            return None;
        }
    }
    let end = text.len()..text.len();
    Some(builder.root.unwrap_or(Node { span: end, value: Value::Null }))
}

fn options() -> Options {
    let mut options = Options::default();
    options.disallow_directives = true;
    options.emit_unresolved_aliases = true;
    options.emit_anchor_events = true;
    options.flow_nesting_limit = MAX_DEPTH;
    options.block_nesting_limit = MAX_DEPTH;
    options.set_emit_comments(false);
    options
}

/// A table or list whose end has not come yet.
struct Open {
    start: usize,
    style: StructureStyle,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Table { entries: Vec<(Key, Node)>, seen: HashMap<String, usize>, key: Option<Key> },
}

struct Builder<'a> {
    text: &'a str,
    report: &'a mut Report,
    open: Vec<Open>,
    root: Option<Node>,
    documents: usize,
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, mark: &Mark) -> Result<(), Finding> {
        let span = span_of(mark);
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(syntax("a manifest is one YAML document", span)
                        .label("a second document starts here")
                        .hint("put the other service into a file of its own"));
                }
            }
            Event::Anchor(_, name) => {
                return Err(syntax(format!("the anchor `&{name}` is not supported"), span)
                    .label("anchors are not read")
                    .hint("write the value out wherever it is needed"));
            }
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                return Err(syntax("aliases are not supported", span)
                    .label("not read")
                    .hint("write the value out; text that starts with `*` needs quotes"));
            }
            Event::Scalar(word, style, _, tag) => {
                refuse_tag(tag.as_deref(), mark)?;
                return self.scalar(&word, style, span);
            }
            Event::SequenceStart(style, _, tag) => {
                refuse_tag(tag.as_deref(), mark)?;
                return self.start(Content::List(Vec::new()), style, span);
            }
            Event::MappingStart(style, _, tag) => {
                refuse_tag(tag.as_deref(), mark)?;
                let (entries, seen) = (Vec::new(), HashMap::new());
                return self.start(Content::Table { entries, seen, key: None }, style, span);
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            _ => {}
        }
        Ok(())
    }

    fn start(
        &mut self,
        content: Content,
        style: StructureStyle,
        span: Span,
    ) -> Result<(), Finding> {
        if let Some(Open { content: Content::Table { key: None, .. }, .. }) = self.open.last() {
            return Err(syntax("a key must be text", span)
                .label("a list or table cannot be a key")
                .hint("text that starts with `{` or `[` needs quotes"));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(yaml_error::too_deep(span));
        }
        self.open.push(Open { start: span.start, style, content });
        Ok(())
    }

    fn scalar(&mut self, word: &str, style: ScalarStyle, span: Span) -> Result<(), Finding> {
        if let Some(Open { content: Content::Table { key: key @ None, seen, .. }, .. }) =
            self.open.last_mut()
        {
            if word == "<<" && style == ScalarStyle::Plain {
                return Err(syntax("merge keys are not supported", span)
                    .label("`<<` is not read")
                    .hint("write the keys out"));
            }
            if let Some(first) = seen.get(word) {
                if self.report.0.len() < MAX_FINDINGS {
                    self.report.push(twice(word, span.clone(), line_of(self.text, *first)));
                }
            } else {
                seen.insert(word.to_owned(), span.start);
            }
            *key = Some(Key { name: word.to_owned(), span });
            return Ok(());
        }
        let value = match style {
            ScalarStyle::Plain => scalar::plain(word).unwrap_or_else(|why| {
                self.report.push(refused(word, span.clone(), &why));
                Value::Str(word.to_owned())
            }),
            _ => Value::Str(word.to_owned()),
        };
        self.add(Node { span, value });
        Ok(())
    }

    fn end(&mut self, mark: Span) {
        let Some(Open { start, style, content }) = self.open.pop() else { return };
        let (last, value) = match content {
            Content::List(items) => (items.last().map(|item| item.span.end), Value::List(items)),
            Content::Table { entries, .. } => {
                (entries.last().map(|(_, node)| node.span.end), Value::Table(entries))
            }
        };
        let end = match style {
            StructureStyle::Flow => mark.end,
            StructureStyle::Block => last.unwrap_or(start),
        };
        self.add(Node { span: start..end.max(start), value });
    }

    fn add(&mut self, node: Node) {
        match self.open.last_mut().map(|open| &mut open.content) {
            Some(Content::List(items)) => items.push(node),
            Some(Content::Table { entries, seen, key }) => {
                // Of a key written twice the first counts.
                if let Some(key) = key.take()
                    && seen.get(&key.name) == Some(&key.span.start)
                {
                    entries.push((key, node));
                }
            }
            None => self.root = Some(node),
        }
    }
}

fn span_of(mark: &Mark) -> Span {
    mark.byte_range().unwrap_or_default()
}

fn refuse_tag(tag: Option<&Tag>, mark: &Mark) -> Result<(), Finding> {
    let Some(tag) = tag else { return Ok(()) };
    let span = mark.tag_span().map_or_else(|| span_of(mark), |tag| span_of(&tag));
    Err(syntax(format!("the tag `{}` is not supported", tag.original()), span)
        .label("tags are not read")
        .hint("text that starts with `!` needs quotes"))
}

fn refused(word: &str, span: Span, why: &Refused) -> Finding {
    match why {
        Refused::LeadingZero => {
            let decimal = word.trim_start_matches(['+', '-', '0']);
            let sign = if word.starts_with('-') { "-" } else { "" };
            let decimal = if decimal.is_empty() { "0" } else { decimal };
            Finding::error("manifest/number", format!("`{word}` is not one number to all"))
                .at(span)
                .label("octal in YAML 1.1, decimal in YAML 1.2")
                .hint(format!("write `{sign}{decimal}`, or `\"{word}\"` for text"))
        }
        Refused::TooLarge => {
            Finding::error("manifest/number", "this number does not fit into 64 bits")
                .at(span)
                .label("too large")
                .hint("put it in quotes if it is text")
        }
    }
}

fn twice(word: &str, span: Span, line: usize) -> Finding {
    Finding::error("manifest/duplicate-key", format!("`{word}` is written twice"))
        .at(span)
        .label("written again here")
        .hint(format!("the first is on line {line}; keep one of them"))
}

fn syntax(message: impl Into<String>, span: Span) -> Finding {
    Finding::error("manifest/syntax", message).at(span)
}
