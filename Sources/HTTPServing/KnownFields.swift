import NIOHTTP1

/// The fields of a request that the server looks at every time, found in one pass.
struct KnownFields: Sendable {
    var hostCount = 0
    var hasContent = false
    var contentLength: String?
    var expectsContinue = false
    var wantsUpgrade = false
    var origin: String?
    var accept: String?
    var lastEventID: String?
    var requestedWith: String?

    init(_ headers: HTTPHeaders) {
        for (name, value) in headers { self.take(name, value) }
    }

    /// Most names are none of these, and fall out by their length.
    private mutating func take(_ name: String, _ value: String) {
        switch name.utf8.count {
        case 4 where name.isField("host"): self.hostCount += 1
        case 6 where name.isField("accept"): self.accept = self.accept ?? value
        case 6 where name.isField("origin"): self.origin = self.origin ?? value
        case 6 where name.isField("expect"): self.expectsContinue = value.lowercased() == "100-continue"
        case 7 where name.isField("upgrade"): self.wantsUpgrade = true
        case 13 where name.isField("last-event-id"): self.lastEventID = self.lastEventID ?? value
        case 14 where name.isField("content-length"):
            self.contentLength = value
            self.hasContent = true
        case 16 where name.isField("x-requested-with"): self.requestedWith = self.requestedWith ?? value
        case 17 where name.isField("transfer-encoding"): self.hasContent = true
        default: break
        }
    }
}

extension String {
    /// Whether this is a field's name in whatever case; the other has the same length, and is in lower case.
    fileprivate func isField(_ name: StaticString) -> Bool {
        self.utf8.withContiguousStorageIfAvailable { bytes in
            bytes.indices.allSatisfy { bytes[$0] | 0x20 == name.utf8Start[$0] }
        } ?? (self.lowercased() == name.description)
    }
}
