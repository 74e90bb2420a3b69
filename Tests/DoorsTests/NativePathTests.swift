import Channels
import HTTPServing
import NIOHTTP1
import Testing

@testable import Doors

@Suite struct NativePathTests {
    @Test(arguments: [
        ("/events", true), ("/channels/a", true), ("/channels/", true), ("/channels/a/b", true),
        ("/", false), ("/index.html", false), ("/channels", false), ("/events/", false), ("/Events", false),
        ("/healthz", false), ("*", false), ("", false), ("//channels/a", false), ("/Channels/a", false),
    ])
    func `The native door claims what is below channels, and events`(path: String, isClaimed: Bool) {
        #expect(NativePath.isClaimed(Array(path.utf8)) == isClaimed)
    }

    @Test func `What is asked for at events is the events of several channels`() throws {
        #expect(try NativePath(Array("/events".utf8)) == .events)
    }

    @Test(arguments: [
        ("a", "a"), ("a%2Fb", "a/b"), ("a+b", "a+b"), ("a%20b", "a b"), ("%C3%A9", "é"), ("e%CC%81", "e\u{301}"),
        ("A", "A"), ("a;b=c", "a;b=c"), ("%25", "%"), ("...", "..."), ("a.", "a."),
        (String(repeating: "x", count: 256), String(repeating: "x", count: 256)),
    ])
    func `One segment below channels is a channel's name`(segment: String, name: String) throws {
        let resource = try NativePath(Array("/channels/\(segment)".utf8))
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
            try NativePath(Array(path.utf8))
        } throws: { error in
            (error as? Problem)?.status == HTTPResponseStatus(statusCode: status)
        }
    }

    @Test func `Names are told apart by their bytes`() throws {
        #expect(try NativePath(Array("/channels/%C3%A9".utf8)) != NativePath(Array("/channels/e%CC%81".utf8)))
    }
}
