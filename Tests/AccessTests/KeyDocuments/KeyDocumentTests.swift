import JSON
import Outbound
import Synchronization
import Testing

@testable import Access

@Suite struct KeyDocumentTests {
    /// A token of RFC 7515, appendix A.3, and its key; and the key of RFC 8037, appendix A.2.
    private static let token = Array(
        ("eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
            + "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q").utf8)
    private static let time: Int64 = 1_300_819_000_000
    private static let ec =
        #"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#
    private static let ed =
        #"{"kty":"OKP","crv":"Ed25519","kid":"ed","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#
    private static let secret = #"{"kty":"oct","k":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"}"#

    /// An issuer, a clock and a log in the hands of a test.
    private final class World: Sendable {
        struct State {
            var now = ContinuousClock.now
            var asked: [Outbound.Completion] = []
            var news: [KeyDocument.News] = []
        }

        let state = Mutex(State())
        let document: KeyDocument

        init(_ algorithms: [SignatureAlgorithm] = SignatureAlgorithm.allCases) throws {
            self.document = KeyDocument(try OutboundURL("https://issuer.example/keys"), allowed: algorithms)
        }

        func begin() {
            self.document.begin(
                in: KeyDocument.Surroundings(
                    now: { self.state.withLock { $0.now } },
                    ask: { _, completion in self.state.withLock { $0.asked.append(completion) } },
                    tell: { _, news in self.state.withLock { $0.news.append(news) } }))
        }

        func pass(_ seconds: Int) {
            self.state.withLock { $0.now += .seconds(seconds) }
            self.document.tick()
        }

        /// The issuer answers what it was asked last.
        func answer(_ keys: String..., status: Int = 200, fields: [OutboundField] = []) {
            let content = #"{"keys":[\#(keys.joined(separator: ","))]}"#
            self.end(.success(OutboundResponse(status: status, fields: fields, content: Array(content.utf8))))
        }

        func end(_ result: Result<OutboundResponse, OutboundError>) {
            let last = self.state.withLock { $0.asked.popLast() }
            last?(result)
        }

        var askedCount: Int { self.state.withLock { $0.asked.count } }

        /// What has been told since this was looked at.
        var news: [KeyDocument.News] {
            self.state.withLock { state in
                defer { state.news = [] }
                return state.news
            }
        }

        var verifier: TokenVerifier {
            TokenVerifier([TokenIssuer(algorithms: [.es256], keys: .document(self.document))])
        }
    }

    @Test func itIsFetchedWhenItBeginsAndItsKeysVerify() throws {
        let world = try World()
        #expect(world.askedCount == 0)
        world.begin()
        #expect(world.askedCount == 1)
        #expect(throws: TokenError.keysAwaited(world.document)) { try world.verifier.verify(Self.token, at: Self.time) }
        world.answer(Self.ec)
        #expect(try world.verifier.verify(Self.token, at: Self.time).issuer == "joe")
        #expect(world.news == [])
    }

    @Test func oneThatWasNeverBegunAsksNobody() throws {
        let world = try World()
        #expect(throws: TokenError.keysUnavailable) { try world.verifier.verify(Self.token, at: Self.time) }
        world.document.tick()
        #expect(world.askedCount == 0)
    }

    @Test func whoeverWaitsIsCalledWhenTheIssuerHasAnsweredAndAtOnceIfItIsNotAsked() throws {
        let world = try World()
        world.begin()
        let calls = Mutex(0)
        for _ in 0..<3 { world.document.whenAnswered { calls.withLock { $0 += 1 } } }
        #expect(calls.withLock { $0 } == 0)
        world.end(.failure(.cannotConnect))
        #expect(calls.withLock { $0 } == 3)
        world.document.whenAnswered { calls.withLock { $0 += 1 } }
        #expect(calls.withLock { $0 } == 4)
    }

    @Test func aMissingKeyIsAskedForOnceIn30Seconds() throws {
        let world = try World()
        world.begin()
        world.answer(Self.ed)
        #expect(throws: TokenError.unknownKey) { try world.verifier.verify(Self.token, at: Self.time) }
        world.pass(30)
        for _ in 0..<5 {
            #expect(throws: TokenError.keysAwaited(world.document)) {
                try world.verifier.verify(Self.token, at: Self.time)
            }
        }
        #expect(world.askedCount == 1)
        world.answer(Self.ed)
        world.pass(60)
        // It was asked for just this one, and does not have it.
        #expect(throws: TokenError.unknownKey) { try world.verifier.verify(Self.token, at: Self.time) }
        #expect(world.askedCount == 0)
        #expect(world.document.seek("another") == .keysAwaited(world.document))
        #expect(world.askedCount == 1)
    }

    @Test func aRotationIsFollowedAndWhatAKeyHasVerifiedIsNoLongerGoodWhenItIsGone() throws {
        let world = try World()
        world.begin()
        world.answer(Self.ec)
        let cache = TokenCache()
        cache.keep(try world.verifier.verify(Self.token, at: Self.time), Self.token)
        world.pass(3_240)
        world.answer(Self.ec, Self.ed)
        #expect(cache.token(Self.token, at: Self.time) != nil)
        #expect(world.document.retirementCount == 0)
        world.pass(3_240)
        world.answer(Self.ed)
        #expect(cache.token(Self.token, at: Self.time) == nil)
        #expect(world.document.retirementCount == 1)
        #expect(world.news == [.retired(1)])
        #expect(throws: TokenError.unknownKey) { try world.verifier.verify(Self.token, at: Self.time) }
    }

    @Test func oneForeignKeySpoilsNothingAndASecretIsNoKeyOfAPublicDocument() throws {
        let world = try World()
        world.begin()
        world.answer(#"{"kty":"EC","crv":"secp256k1"}"#, "7", Self.secret, #"{"kty":"RSA","n":"!"}"#, Self.ec)
        #expect(world.document.current.keys.count == 1)
        #expect(try world.verifier.verify(Self.token, at: Self.time).issuer == "joe")
    }

    @Test(
        arguments: [
            .failure(.timedOut), .failure(.contentTooLarge(most: 1)),
            .success(OutboundResponse(status: 500)), .success(OutboundResponse(status: 302)),
            .success(OutboundResponse(status: 200, content: Array("<html></html>".utf8))),
            .success(OutboundResponse(status: 200, content: Array(#"{"keys":[]}"#.utf8))),
            .success(OutboundResponse(status: 200, content: Array(#"{"keys":7}"#.utf8))),
            .success(OutboundResponse(status: 404, content: Array(#"{"keys":[\#(Self.ed)]}"#.utf8))),
        ] as [Result<OutboundResponse, OutboundError>])
    func aBadAnswerChangesNothingAndIsToldOnceInAnOutage(answer: Result<OutboundResponse, OutboundError>) throws {
        let world = try World()
        world.begin()
        world.answer(Self.ec)
        world.pass(3_240)
        for _ in 0..<5 {
            world.end(answer)
            world.pass(31)
        }
        let news = world.news
        #expect(news.count == 1)
        guard case .unavailable(let why) = try #require(news.first) else {
            Issue.record("\(news)")
            return
        }
        #expect(!why.isEmpty)
        #expect(try world.verifier.verify(Self.token, at: Self.time).issuer == "joe")
        #expect(world.document.seek("other") == .keysAwaited(world.document))
        world.answer(Self.ec)
        #expect(world.news == [.available])
    }

    @Test func anIssuerThatWasDownForADayIsNotTrustedAnyLonger() throws {
        let world = try World()
        world.begin()
        world.answer(Self.ec)
        world.pass(3_240)
        world.end(.failure(.cannotConnect))
        world.pass(86_400 + 3_600)
        #expect(world.news == [.unavailable("nothing takes connections there"), .tooOld, .retired(1)])
        world.end(.failure(.cannotConnect))
        #expect(throws: TokenError.keysUnavailable) { try world.verifier.verify(Self.token, at: Self.time) }
    }

    @Test func howLongItIsFreshStandsInTheAnswer() throws {
        let world = try World()
        world.begin()
        world.answer(Self.ec, fields: [try #require(OutboundField("Cache-Control", "max-age=600".utf8))])
        world.pass(539)
        #expect(world.askedCount == 0)
        world.pass(1)
        #expect(world.askedCount == 1)
    }

    @Test func aReloadKeepsWhatWasFetchedAndLetsGoOfWhatIsNoLongerNamed() throws {
        let asked = Mutex(0)
        let documents = KeyDocuments(
            KeyDocument.Surroundings(ask: { _, _ in asked.withLock { $0 += 1 } }, tell: { _, _ in }))
        func issuers(_ urls: String...) throws -> [TokenIssuer] {
            try urls.map {
                TokenIssuer(
                    algorithms: [.es256], keys: .document(KeyDocument(try OutboundURL($0), allowed: [.es256])))
            }
        }
        let first = documents.adopt(try issuers("https://a.example", "https://b.example"))
        #expect(asked.withLock { $0 } == 2)
        let second = documents.adopt(try issuers("https://c.example", "https://b.example"))
        #expect(asked.withLock { $0 } == 3)
        #expect(second[1].keys.document === first[1].keys.document)
        #expect(second[0].keys.document !== first[0].keys.document)
    }
}
