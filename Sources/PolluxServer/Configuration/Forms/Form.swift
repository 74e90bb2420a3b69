import JSON

/// How a value is written: the same in the file, in the environment and on the command line.
///
/// The environment and the command line have only texts, so every form reads a JSON string; in the file a number, an
/// array or `null` may be the more natural way to write it.
struct Form<Value>: Sendable {
    /// What fits; completes "must be".
    let expectation: String
    /// The value that is written; `nil` if it does not fit.
    let read: @Sendable (JSONValue) -> Value?
    /// The value as a text that ``read`` takes.
    let write: @Sendable (Value) -> String

    /// The same way of writing, for another type of value.
    func map<Other>(
        _ forth: @escaping @Sendable (Value) -> Other, back: @escaping @Sendable (Other) -> Value
    ) -> Form<Other> {
        Form<Other>(
            expectation: self.expectation,
            read: { [read] in read($0).map(forth) },
            write: { [write] in write(back($0)) })
    }
}

extension Form where Value: Sendable {
    /// The same, or no limit: 0, or `null`.
    var orUnlimited: Form<Value?> {
        Form<Value?>(
            expectation: "\(self.expectation), or 0 for no limit",
            read: { [read] in $0.isNone ? .some(nil) : read($0).map { .some($0) } },
            write: { [write] in $0.map(write) ?? "0" })
    }
}

extension JSONValue {
    fileprivate var isNone: Bool { self.isNull || self.integerValue == 0 || self.stringValue == "0" }
}

extension Form where Value: CaseIterable & RawRepresentable & Sendable, Value.RawValue == String {
    /// One of a few words.
    static var word: Form {
        let words = Value.allCases.map(\.rawValue)
        return Form(
            expectation: words.count == 1 ? words[0] : "one of \(words.joined(separator: ", "))",
            read: { $0.stringValue.flatMap { Value(rawValue: $0) } },
            write: { $0.rawValue })
    }
}
