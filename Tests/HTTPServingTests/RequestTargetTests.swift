import NIOCore
import NIOHTTP1
import Testing

@testable import HTTPServing

/// RFC 9112, section 3.2.
@Suite struct RequestTargetTests {
    private func target(_ text: String, _ method: HTTPMethod = .GET) throws -> RequestTarget {
        var text = text
        return try text.withUTF8 { bytes in
            Result { () throws(Problem) in try RequestTarget(UnsafeRawBufferPointer(bytes), method: method) }
        }.get()
    }

    @Test(arguments: [
        ("/", "/", "", nil), ("/a/b", "/a/b", "", nil), ("/a?b=c", "/a", "b=c", nil), ("/a?", "/a", "", nil),
        ("/?a?b", "/", "a?b", nil), ("/a%3Fb?c", "/a%3Fb", "c", nil), ("//x/a", "//x/a", "", nil),
        ("http://x/a?b", "/a", "b", "x"), ("http://x", "/", "", "x"), ("http://x/", "/", "", "x"),
        ("http://x?b", "/", "b", "x"),
        ("http://x:80/a", "/a", "", "x:80"), ("HTTPS://X/a/http://y", "/a/http://y", "", "x"),
        ("/a?u=http://x/y", "/a", "u=http://x/y", nil), ("http://[::1]:8080/a", "/a", "", "[::1]:8080"),
    ])
    func `Path, query and host are found in every form`(
        text: String, path: String, query: String, authority: String?
    ) throws {
        let target = try target(text)
        #expect(target.path == Array(path.utf8))
        #expect(target.query == Array(query.utf8))
        #expect(target.authority?.description == authority)
    }

    @Test func `OPTIONS may ask about the whole server, CONNECT names a host`() throws {
        #expect(try target("*", .OPTIONS).path == Array("*".utf8))
        #expect(try target("x:443", .CONNECT).path == Array("x:443".utf8))
    }

    @Test(arguments: ["/", "/a", "", "a:4?43", "a\"", "a\\", "a:99999", "http://a:443", "u@a:443", "a:443/"])
    func `What CONNECT names must be a host`(text: String) {
        #expect { try target(text, .CONNECT) } throws: { ($0 as? Problem)?.status == .badRequest }
    }

    @Test(arguments: [
        "*", "a", "a/b", "?a", "x:443", "http:/x", "http:x", "http://", "http:///x", "http://?a", "http://u@x/",
        "http://a b/",
        "http://[::1/", "http://x:99999/", "ftp://x/", "mailto:a", "/a#b", "/#", "#", "http://x/#a", "/a?b#c",
    ])
    func `Anything else is refused`(text: String) {
        #expect { try target(text) } throws: { ($0 as? Problem)?.status == .badRequest }
    }
}
