import NIOHTTP1

/// The fields of an answer, its own and those that every answer has, in their order. What only one version of HTTP has,
/// such as `Connection`, is not among them.
struct ResponseFields {
    let common: CommonFields
    let own: HTTPHeaders
    let cors: HTTPHeaders
    /// The field `Strict-Transport-Security`, where there is to be one.
    let transportSecurity: String?

    /// All of them, as HTTP/2 sends them.
    @inline(__always)
    func forEach(_ body: (_ name: String, _ value: String) -> Void) {
        self.common.forEach(body)
        self.forEachOther(body)
    }

    /// All but the common ones.
    @inline(__always)
    func forEachOther(_ body: (_ name: String, _ value: String) -> Void) {
        for (name, value) in self.own { body(name, value) }
        for (name, value) in self.cors { body(name, value) }
        if let value = self.transportSecurity { body("Strict-Transport-Security", value) }
    }
}

/// The fields that are the same in all answers of one second.
struct CommonFields {
    let date: String
    /// They as HTTP/1 sends them: one piece of text, so that an answer's head has fewer.
    let lines: String

    init(date: String) {
        self.date = date
        var lines = ""
        Self.forEach(date) { lines += "\($0): \($1)\r\n" }
        self.lines = lines
    }

    @inline(__always)
    func forEach(_ body: (_ name: String, _ value: String) -> Void) { Self.forEach(self.date, body) }

    @inline(__always)
    private static func forEach(_ date: String, _ body: (_ name: String, _ value: String) -> Void) {
        body("Server", "pollux")
        body("Date", date)
    }
}

extension LoopContext {
    /// - Parameter origin: Of the page that has asked.
    func fields(of response: Response, for origin: String?) -> ResponseFields {
        ResponseFields(
            common: self.commonFields(), own: response.headers, cors: self.cors.headers(for: origin),
            transportSecurity: self.transportSecurity)
    }
}
