import Channels
import HTTPServing
import NIOHTTP1
import Testing

@testable import PolluxServer

@Suite struct ResourceTests {
    @Test(arguments: [
        ("/events", Resource.events), ("/healthz", .health), ("/readyz", .readiness), ("/", .file),
        ("/index.html", .file), ("/channels", .file), ("/events/", .file), ("/Events", .file), ("/healthz/x", .file),
        ("*", .file), ("", .file),
        ("//channels/a", .file), ("/Channels/a", .file),
    ])
    func `A path names a resource of the server, or a file`(path: String, resource: Resource) throws {
        #expect(try Resource(path: Array(path.utf8)) == resource)
    }

    @Test(arguments: [
        ("a", "a"), ("a%2Fb", "a/b"), ("a+b", "a+b"), ("a%20b", "a b"), ("%C3%A9", "é"), ("e%CC%81", "e\u{301}"),
        ("A", "A"), ("a;b=c", "a;b=c"), ("%25", "%"), ("...", "..."), ("a.", "a."),
        (String(repeating: "x", count: 256), String(repeating: "x", count: 256)),
    ])
    func `One segment below channels is a channel's name`(segment: String, name: String) throws {
        let resource = try Resource(path: Array("/channels/\(segment)".utf8))
        #expect(resource == .channel(try ChannelName(Array(name.utf8))))
    }

    @Test(arguments: [
        ("/channels/", 400), ("/channels/.", 400), ("/channels/..", 400), ("/channels/%2E%2e", 400),
        ("/channels/%", 400), ("/channels/%zz", 400), ("/channels/%00", 400), ("/channels/%7F", 400),
        ("/channels/%C2%85", 400),
        ("/channels/%FF", 400), ("/channels/a%0Ab", 400), ("/channels/" + String(repeating: "x", count: 257), 400),
        ("/channels/a/b", 404), ("/channels/a/", 404), ("/channels//a", 404), ("/channels//", 404),
    ])
    func `What is no channel's name is refused`(path: String, status: Int) {
        #expect {
            try Resource(path: Array(path.utf8))
        } throws: { error in
            (error as? Problem)?.status == HTTPResponseStatus(statusCode: status)
        }
    }

    @Test func `Names are told apart by their bytes`() throws {
        #expect(try Resource(path: Array("/channels/%C3%A9".utf8)) != Resource(path: Array("/channels/e%CC%81".utf8)))
    }
}
