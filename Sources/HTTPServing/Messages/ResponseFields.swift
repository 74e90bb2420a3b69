import NIOHTTP1

/// The fields of an answer, its own and those that every answer has, in their order. What only one version of HTTP has,
/// such as `Connection`, is not among them.
struct ResponseFields {
    let own: HTTPHeaders
    let cors: HTTPHeaders
    /// The field `Strict-Transport-Security`, where there is to be one.
    let transportSecurity: String?
    let date: String

    @inline(__always)
    func forEach(_ body: (_ name: String, _ value: String) -> Void) {
        body("Server", "pollux")
        body("Date", self.date)
        for (name, value) in self.own { body(name, value) }
        for (name, value) in self.cors { body(name, value) }
        if let value = self.transportSecurity { body("Strict-Transport-Security", value) }
    }
}

extension LoopContext {
    /// - Parameter origin: Of the page that has asked.
    func fields(of response: Response, for origin: String?) -> ResponseFields {
        ResponseFields(
            own: response.headers, cors: self.cors.headers(for: origin), transportSecurity: self.transportSecurity,
            date: self.httpDate())
    }
}
