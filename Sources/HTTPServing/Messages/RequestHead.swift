import NIOHTTP1

/// The head of a request: one object, handed on by reference until it is answered.
///
/// It holds the fields as the bytes that came, and makes text of one only when it is asked for; what the server looks
/// at every time was noted when they came.
final class RequestHead: Sendable {
    /// A field, by where it stands in `bytes`.
    struct Field {
        let name: Range<Int>
        let value: Range<Int>
    }

    let method: HTTPMethod
    let target: RequestTarget
    let isHTTP10: Bool
    let known: KnownFields
    private let bytes: [UInt8]
    private let fields: [Field]

    /// - Parameter fields: Where they stand in `bytes`.
    init(method: HTTPMethod, target: RequestTarget, isHTTP10: Bool, bytes: [UInt8], fields: [Field]) {
        self.method = method
        self.target = target
        self.isHTTP10 = isHTTP10
        self.bytes = bytes
        self.fields = fields
        var known = KnownFields()
        bytes.withUnsafeBytes { bytes in
            for (index, field) in fields.enumerated() {
                known.take(
                    UnsafeRawBufferPointer(rebasing: bytes[field.name]),
                    UnsafeRawBufferPointer(rebasing: bytes[field.value]), at: index)
            }
        }
        self.known = known
    }

    /// Whether the client wants the connection to live on behind the answer (RFC 9112, section 9.3).
    var isKeepAlive: Bool {
        if self.known.connection.contains(.close) || self.known.connection.contains(.upgrade) { return false }
        return self.method != .CONNECT && (!self.isHTTP10 || self.known.connection.contains(.keepAlive))
    }

    /// Whether the client has said that it sends nothing behind this request (RFC 9112, section 9.6).
    var isLast: Bool {
        !self.isKeepAlive && self.method != .CONNECT && !self.known.connection.contains(.upgrade)
    }

    /// The values of all fields of this name, in their order.
    func values(of name: String) -> [String] {
        var values: [String] = []
        for field in self.fields where self.bytes[field.name].isField(name) { values.append(self.text(field.value)) }
        return values
    }

    /// The same as the bytes that came.
    func bytes(of name: String) -> [ArraySlice<UInt8>] {
        self.fields.filter { self.bytes[$0.name].isField(name) }.map { self.bytes[$0.value] }
    }

    /// The value of the field at an index, as the bytes that came.
    func bytes(at index: Int) -> ArraySlice<UInt8> { self.bytes[self.fields[index].value] }

    /// The value of the first field of this name.
    func value(of name: String) -> String? {
        for field in self.fields where self.bytes[field.name].isField(name) { return self.text(field.value) }
        return nil
    }

    /// The members of the list that all fields of this name make (RFC 9110, section 5.3), in their order.
    func members(of name: String) -> [String] {
        var members: [String] = []
        self.bytes.withUnsafeBytes { bytes in
            for field in self.fields where self.bytes[field.name].isField(name) {
                UnsafeRawBufferPointer(rebasing: bytes[field.value]).forEachMember {
                    members.append(String(decoding: $0, as: UTF8.self))
                }
            }
        }
        return members
    }

    /// What the request is sent to: the target's own host, otherwise that of the field `Host`.
    var authority: Authority? { self.target.authority ?? self.value(of: "Host").flatMap { Authority($0) } }

    /// All fields, for those who look at many.
    var headers: HTTPHeaders {
        HTTPHeaders(self.fields.map { (self.text($0.name), self.text($0.value)) })
    }

    private func text(_ range: Range<Int>) -> String { String(decoding: self.bytes[range], as: UTF8.self) }
}

extension ArraySlice<UInt8> {
    /// Whether these bytes are a field's name, in whatever case.
    fileprivate func isField(_ name: String) -> Bool {
        let name = name.utf8
        return self.count == name.count && zip(self, name).allSatisfy { $0.asciiLowercase == $1.asciiLowercase }
    }
}
