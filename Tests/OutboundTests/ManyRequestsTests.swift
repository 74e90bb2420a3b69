import NIOPosix
import Outbound
import Synchronization
import Testing

/// Several requests at once, and their end.
@Suite struct ManyRequestsTests {
    private static let good = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"

    @Test func oneThatIsSilentHoldsUpNoOther() async throws {
        try await ScriptedServer.with(["/": .text(Self.good), "/silent": .silence]) { server, outbound in
            var silent = OutboundRequest(.get, try server.url("/silent"))
            silent.timeout = .seconds(600)
            outbound.send(silent) { #expect($0 == .failure(.shutDown)) }
            for _ in 0..<20 { _ = try await outbound.answer(OutboundRequest(.get, server.url("/"))).get() }
        }
    }

    @Test func whatIsMoreThanMayBeUnderWayWaitsAndWhatIsMoreThanMayWaitIsRefused() async throws {
        var configuration = Outbound.Configuration()
        configuration.concurrency = 2
        configuration.queueLength = 3
        try await ScriptedServer.with(["/silent": .silence], configuration) { server, outbound in
            let results = Mutex<[OutboundError?]>(Array(repeating: nil, count: 6))
            var calls: [OutboundCall] = []
            for index in 0..<6 {
                calls.append(
                    outbound.send(OutboundRequest(.get, try server.url("/silent"))) { result in
                        results.withLock { if case .failure(let error) = result { $0[index] = error } }
                    })
            }
            #expect(results.withLock { $0 } == [nil, nil, nil, nil, nil, .tooMany(most: 5)])
            calls[0].cancel()
            calls[3].cancel()
            await outbound.shutdown()
            let cancelled = results.withLock { $0 }
            #expect(cancelled[1] == .shutDown && cancelled[2] == .shutDown && cancelled[4] == .shutDown)
            // The stop may have come first.
            for index in [0, 3] { #expect([.cancelled, .shutDown].contains(cancelled[index])) }
            #expect(server.requests.count <= 3)
        }
    }

    @Test func oneThatWaitsTooLongForItsTurnIsLate() async throws {
        var configuration = Outbound.Configuration()
        configuration.concurrency = 1
        try await ScriptedServer.with(["/silent": .silence], configuration) { server, outbound in
            var request = OutboundRequest(.get, try server.url("/silent"))
            request.timeout = .seconds(600)
            outbound.send(request) { #expect($0 == .failure(.shutDown)) }
            request.timeout = .milliseconds(50)
            #expect(await outbound.answer(request) == .failure(.timedOut))
        }
    }

    @Test func oneThatIsCalledOffEndsAtOnceAndOneThatIsOverIsLeftAlone() async throws {
        try await ScriptedServer.with(["/": .text(Self.good), "/silent": .silence]) { server, outbound in
            var request = OutboundRequest(.get, try server.url("/silent"))
            request.timeout = .seconds(600)
            let result = await withCheckedContinuation { [request] continuation in
                let call = outbound.send(request) { continuation.resume(returning: $0) }
                call.cancel()
                call.cancel()
            }
            #expect(result == .failure(.cancelled))
            let url = try server.url("/")
            let call = Mutex<OutboundCall?>(nil)
            let answer = await withCheckedContinuation { continuation in
                let sent = outbound.send(OutboundRequest(.get, url)) { continuation.resume(returning: $0) }
                call.withLock { $0 = sent }
            }
            call.withLock { $0?.cancel() }
            #expect(try answer.get().status == 200)
            #expect(try await outbound.answer(OutboundRequest(.get, url)).get().status == 200)
        }
    }

    @Test func aStopEndsAllThatIsUnderWayAndNothingIsTakenAfterIt() async throws {
        try await ScriptedServer.with(["/silent": .silence]) { server, outbound in
            let ended = Mutex<[Result<OutboundResponse, OutboundError>]>([])
            for _ in 0..<50 {
                outbound.send(OutboundRequest(.get, try server.url("/silent"))) { result in
                    ended.withLock { $0.append(result) }
                }
            }
            await outbound.shutdown()
            #expect(ended.withLock { $0 } == Array(repeating: .failure(.shutDown), count: 50))
            #expect(await outbound.answer(OutboundRequest(.get, try server.url("/silent"))) == .failure(.shutDown))
            await outbound.shutdown()
        }
    }

    @Test func whatWasNeverUsedIsShutDownToo() async {
        let outbound = Outbound()
        await outbound.shutdown()
        await outbound.shutdown()
    }

    @Test func aCompletionMayAskAgain() async throws {
        try await ScriptedServer.with(["/": .text(Self.good)]) { server, outbound in
            let request = OutboundRequest(.get, try server.url("/"))
            let status = await withCheckedContinuation { continuation in
                outbound.send(request) { _ in
                    outbound.send(request) { continuation.resume(returning: try? $0.get().status) }
                }
            }
            #expect(status == 200)
        }
    }

    @Test func manyAtOnceAreAllAnswered() async throws {
        try await ScriptedServer.with(["/": .text(Self.good)]) { server, outbound in
            let url = try server.url("/")
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<300 {
                    group.addTask { try await outbound.answer(OutboundRequest(.get, url)).get().status }
                }
                var count = 0
                for try await status in group where status == 200 { count += 1 }
                #expect(count == 300)
            }
            #expect(server.connectionCount <= 128)
        }
    }
}
