import Testing

@testable import HTTPServing

@Suite struct FieldItemTests {
    private func members(_ text: String) -> [String] {
        var members: [String] = []
        Array(text.utf8).withUnsafeBytes { $0.forEachMember { members.append(String(decoding: $0, as: UTF8.self)) } }
        return members
    }

    private func item(_ text: String) -> FieldItem { Array(text.utf8).withUnsafeBytes { FieldItem($0) } }

    /// RFC 9110, section 5.6.1.2, has the first six.
    @Test(arguments: [
        ("foo,bar", ["foo", "bar"]), ("foo ,bar,", ["foo", "bar"]), ("foo , ,bar,charlie", ["foo", "bar", "charlie"]),
        ("", []), (",", []), (",   ,", []), ("a", ["a"]), (" \ta\t ", ["a"]), ("a b, c", ["a b", "c"]),
        ("\"a,b\",c", ["\"a,b\"", "c"]), ("x=\"a\\\",b\", c", ["x=\"a\\\",b\"", "c"]), ("\"a, b", ["\"a, b"]),
        ("\"a\\", ["\"a\\"]), ("a;q=0.5, b;q=\"1,2\"", ["a;q=0.5", "b;q=\"1,2\""]),
    ])
    func `The members of a list stand between commas that are not quoted`(text: String, expected: [String]) {
        #expect(members(text) == expected)
    }

    @Test(arguments: [
        ("text/html", "text/html", []), ("Text/HTML;Charset=UTF-8", "text/html", ["charset=UTF-8"]),
        ("a;b=\"c;d\";e=f", "a", ["b=c;d", "e=f"]), ("a;b=\"c\\\"d\\\\e\"", "a", ["b=c\"d\\e"]),
        ("a ; b=c ;; d=e ;", "a", ["b=c", "d=e"]),
        ("a;b;=c;b d=e", "a", []), ("a; b = c", "a", ["b=c"]), ("", "", []), (";a=b", "", ["a=b"]),
        ("a;b=", "a", ["b="]),
        ("a;b=\"c", "a", ["b=c"]), ("a;b=c=d", "a", ["b=c=d"]),
    ])
    func `A value and its parameters are found`(text: String, value: String, parameters: [String]) {
        #expect(item(text).value == value)
        #expect(item(text).parameters.map { "\($0.name)=\($0.value)" } == parameters)
    }

    @Test(arguments: [
        ("a", 1_000), ("a;q=1", 1_000), ("a;q=1.", 1_000), ("a;q=1.000", 1_000), ("a;Q=0", 0), ("a;q=0.", 0),
        ("a;q=0.000", 0),
        ("a;q=0.5", 500), ("a;q=0.25", 250), ("a;q=0.001", 1), ("a;level=1;q=0.7", 700), ("a;q=1.001", nil),
        ("a;q=2", nil),
        ("a;q=0.1234", nil), ("a;q=", nil), ("a;q=-1", nil), ("a;q=.5", nil), ("a;q=0,5", nil), ("a;q=0.5x", nil),
        ("a;q=x", nil),
        ("a;q=10", nil),
    ])
    func `A weight has at most three digits behind its point`(text: String, weight: Int?) {
        #expect(item(text).weight == weight)
    }

    @Test(arguments: [
        ("text/event-stream", 0), ("application/json", 1), ("application/json, text/event-stream", 0),
        ("TEXT/Event-Stream", 0), ("text/html, application/json;q=0.9", 1), ("*/*", nil), ("text/*", nil),
        ("text/html", nil),
        ("", nil), ("text/event-strea", nil), ("text/event-streams", nil), ("xtext/event-stream", nil),
        ("text/event-stream;q=0", nil), ("text/event-stream;q=0, application/json", 1),
        ("text/event-stream;q=0, */*", nil),
        ("text/event-stream;q=0.5, application/json;q=0.6", 1), ("text/event-stream;charset=utf-8", 0),
        ("text/event-stream;q=nonsense", nil), ("application/json;x=\"text/event-stream\"", 1),
        ("\"text/event-stream\"", nil), ("application/json;q=0.1,,text/event-stream;q=0.1", 0),
    ])
    func `Of several media types the one is chosen that the client wants most`(field: String, index: Int?) {
        #expect(AcceptedTypes(Array(field.utf8)).preferred(of: ["text/event-stream", "application/json"]) == index)
    }
}
