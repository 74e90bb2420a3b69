import Access
import HTTPServing
import JSON
import Outbound

extension Setting {
    /// How the application is asked who may do what.
    static let callback = [
        Setting(
            "access.callback.url", .callbackURL, \.access.callback.url,
            "where the application is asked, for channels whose rule says `callback`"),
        Setting(
            "access.callback.form", .word, \.access.callback.form,
            "how: a GET for each channel that says all in fields (`fields`), or a POST with all channels as JSON (`json`)"
        ),
        Setting(
            "access.callback.fields", .clientFields, \.access.callback.fields,
            "which fields of the client's request the application is shown"),
        Setting(
            "access.callback.timeout", .time(from: 100), \.access.callback.timeout,
            "how long it may take to answer; then nobody is let in"),
        Setting(
            "access.callback.concurrency", .count(1...1_000), \.access.callback.concurrency,
            "the most questions under way; others wait for their turn"),
    ]
}

extension Form<OutboundURL?> {
    /// An empty text or `null` is none.
    fileprivate static var callbackURL: Form {
        Form(
            expectation: "an URL of http or https without a user or password, or \"\" for none",
            read: { value in
                guard !value.isNull, value.stringValue != "" else { return .some(nil) }
                return value.stringValue.flatMap { try? OutboundURL($0) }.map { .some($0) }
            },
            write: { $0?.text ?? "" })
    }
}

extension Form<[String]> {
    /// Fields that the server sets itself are none of the client's.
    fileprivate static var clientFields: Form {
        let form = Form.fieldNames
        return Form(
            expectation:
                "\(form.expectation), and none that the server sets itself, such as X-Original-URI or Content-Length",
            read: { value in
                form.read(value).flatMap { names in
                    names.allSatisfy(CallbackQuestion.mayShow) ? names : nil
                }
            },
            write: form.write)
    }
}
