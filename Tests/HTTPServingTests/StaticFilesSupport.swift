import Foundation
import NIOCore
import NIOHTTP1

@testable import HTTPServing

/// A folder for one test, with `public` in it to be served and room beside that; removed with its last reference.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        let base = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
        self.path = base.appendingPathComponent("pollux-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: self.path + "/public", withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: self.path)
    }

    var publicPath: String { self.path + "/public" }

    /// - Parameter name: From `public`.
    func path(of name: String) -> String { "\(self.publicPath)/\(name)" }

    func write(_ content: some Sequence<UInt8>, to name: String) throws {
        let path = self.path(of: name)
        let parent = (path as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        try Data(content).write(to: URL(fileURLWithPath: path))
    }

    func write(_ content: String, to name: String) throws {
        try self.write(content.utf8, to: name)
    }

    func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: self.path(of: name), withDestinationPath: target)
    }

    func cut(_ name: String, to size: Int) throws {
        guard truncate(self.path(of: name), off_t(size)) == 0 else { throw POSIXError(.EIO) }
    }

    /// Whether this process has the file open.
    func isOpen(_ name: String) throws -> Bool {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").contains {
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")) == self.path(of: name)
        }
    }
}

extension Request {
    /// With any target, also one that no parser would let through.
    static func get(_ target: String, _ headers: HTTPHeaders = [:], method: HTTPMethod = .GET) -> Request {
        var bytes: [UInt8] = []
        var fields: [RequestHead.Field] = []
        for (name, value) in headers {
            let start = bytes.count
            bytes += Array(name.utf8)
            let middle = bytes.count
            bytes += Array(value.utf8)
            fields.append(RequestHead.Field(name: start..<middle, value: middle..<bytes.count))
        }
        let parts = target.utf8.split(separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false)
        let path = RequestTarget(path: Array(parts[0]), query: parts.count > 1 ? Array(parts[1]) : [], authority: nil)
        return Request(RequestHead(method: method, target: path, isHTTP10: false, bytes: bytes, fields: fields))
    }
}

extension Response {
    var text: String { self.body.map { String(buffer: $0) } ?? "" }

    func header(_ name: String) -> String? { self.headers.first(name: name) }
}

/// Bytes whose pieces differ: their period is a prime.
func pattern(_ count: Int) -> [UInt8] {
    let period = Array(0..<UInt8(251))
    var bytes: [UInt8] = []
    while bytes.count < count { bytes += period }
    return Array(bytes.prefix(count))
}

/// Some files, and what is answered to requests for them; without an event loop.
struct Site {
    let temporary: TemporaryFolder
    let files: StaticFiles

    init() throws {
        self.temporary = try TemporaryFolder()
        guard let files = StaticFiles(folder: self.temporary.publicPath) else { throw CocoaError(.fileNoSuchFile) }
        self.files = files
        try self.temporary.write("<title>front</title>", to: "index.html")
        try self.temporary.write("<title>below</title>", to: "below/index.html")
        try self.temporary.write("0123456789", to: "a.txt")
        try self.temporary.write("", to: "empty.txt")
        try self.temporary.write("x", to: "no index/a.txt")
        try self.temporary.write("secret", to: ".env")
        try self.temporary.write("secret", to: "../secret.txt")
    }

    /// - Throws: Where the answer is not given whole.
    func answer(_ target: String, _ headers: HTTPHeaders = [:], method: HTTPMethod = .GET) throws -> Response {
        guard case .whole(let response) = self.files.answer(to: .get(target, headers, method: method)) else {
            throw CocoaError(.fileReadTooLarge)
        }
        return response
    }
}
