import Channels
import EventStream
import JSON
import Testing

@testable import Fanout

@Suite struct BatchTests {
    private let epoch = Epoch(Array("e".utf8)[...])!

    private func event(_ position: UInt64, _ data: String, type: String = "", channel: String = "a") throws -> Event {
        Event(
            position: Position(rawValue: position), time: 1_795_343_187_123, channel: try ChannelName(channel),
            type: Array(type.utf8), data: Array(data.utf8))
    }

    private func batch(_ events: Event..., through: UInt64? = nil) -> Batch {
        let last = through ?? events.last?.position.rawValue ?? 0
        return Batch(Lineage(epoch), after: .zero, events: events, through: Position(rawValue: last))
    }

    private func text(_ batch: Batch) -> String { String(decoding: batch.blocks(), as: UTF8.self) }

    @Test func `Events become blocks of an event stream`() throws {
        let batch = batch(try event(7, "x"), try event(9, "a\nb", type: "price"))
        #expect(text(batch) == "data: x\nid: e-7\n\nevent: price\ndata: a\ndata: b\nid: e-9\n\n")
    }

    @Test func `An envelope tells the channel, and the type in the data`() throws {
        let batch = batch(try event(7, "x"), try event(9, "a\n\"b\"", type: "price", channel: "c/d"))
        #expect(
            String(decoding: batch.envelopedBlocks(), as: UTF8.self) == #"""
                data: {"channel":"a","event":"message","data":"x"}
                id: e-7

                data: {"channel":"c/d","event":"price","data":"a\n\"b\""}
                id: e-9


                """#)
    }

    private final class Text {
        let text: String

        init(_ text: String) {
            self.text = text
        }
    }

    private enum Count: Fanout.Encoding {
        static func encode(_ batch: Batch) -> Text { Text("\(batch.events.count)") }
    }

    private enum Last: Fanout.Encoding {
        static func encode(_ batch: Batch) -> Text { Text(batch.cursor.description) }
    }

    @Test func `A batch is encoded once in each encoding, and the result then shared`() throws {
        let batch = batch(try event(7, "x"))
        #expect(batch.encoded(Count.self).text == "1")
        #expect(batch.encoded(Last.self).text == "e-7")
        #expect(batch.encoded(Count.self) === batch.encoded(Count.self))
        #expect(batch.encoded(Last.self) === batch.encoded(Last.self))
    }

    @Test func `The first events alone have the cursor of their last`() throws {
        let batch = batch(try event(7, "x"), try event(9, "y"), through: 12)
        #expect(batch.cursor.description == "e-12")
        let first = batch.prefix(1, filling: 100)
        #expect(first.cursor.description == "e-7")
        #expect(text(first) == "data: x\nid: e-7\n\n")
        #expect(batch.prefix(2, filling: 100) === batch)
    }

    @Test(arguments: [(1, "e-1"), (3, "e-1"), (4, "e-2"), (6, "e-2"), (7, "e-3"), (9, "e-3"), (100, "e-3")])
    func `The last of the first events is the one that fills the size`(size: Int, last: String) throws {
        let batch = batch(try event(1, "abc"), try event(2, "def"), try event(3, "ghi"), through: 3)
        #expect(batch.prefix(10, filling: size).cursor.description == last)
    }

    // MARK: Polls

    private func json(_ batch: Batch, gap: Gap? = nil) -> String {
        String(decoding: batch.json(gap: gap), as: UTF8.self)
    }

    @Test func `A poll's answer has events, cursor and gap, byte for byte`() throws {
        let batch = batch(try event(7, #"{"eur":12}"#, type: "price", channel: "é"), try event(9, "x"), through: 12)
        #expect(
            json(batch)
                == #"{"events":[{"id":"e-7","channel":"é","event":"price","data":"{\"eur\":12}","time":1795343187123},"#
                + #"{"id":"e-9","channel":"a","event":"message","data":"x","time":1795343187123}],"next":"e-12","gap":null}"#
        )
    }

    @Test func `A poll's answer may be empty, or hold a gap`() throws {
        let gap = Gap(reason: .epoch, after: Array("d-\"\n".utf8), resumedAt: nil)
        #expect(json(batch(through: 5)) == #"{"events":[],"next":"e-5","gap":null}"#)
        #expect(
            json(batch(through: 5), gap: gap)
                == #"{"events":[],"next":"e-5","gap":{"reason":"epoch","after":"d-\"\n","resumedAt":null}}"#)
    }

    // MARK: Gaps

    @Test(arguments: [(Gap.Reason.trimmed, "trimmed"), (.epoch, "epoch"), (.lost, "lost"), (.unknown, "unknown")])
    func `A gap is an event of the server's own type, without an id`(reason: Gap.Reason, name: String) {
        let gap = Gap(
            reason: reason, after: Array("e-3".utf8), resumedAt: EventID(epoch: epoch, position: .init(rawValue: 7)))
        var bytes: [UInt8] = []
        gap.appendEvent(to: &bytes)
        #expect(
            String(decoding: bytes, as: UTF8.self) == #"""
                event: pollux.gap
                data: {"reason":"\#(name)","after":"e-3","resumedAt":"e-7"}


                """#)
    }

    @Test(arguments: [[0xFF], [0], Array("\r\n\n\"".utf8), Array("id: 1\n\ndata: x\n\n".utf8)])
    func `Whatever a client calls its cursor stays within the gap's data`(cursor: [UInt8]) throws {
        var bytes: [UInt8] = []
        Gap(reason: .unknown, after: cursor, resumedAt: nil).appendEvent(to: &bytes)
        var parser = EventStreamParser()
        var outputs: [EventStreamParser.Output] = []
        try parser.parse(bytes.span) { outputs.append($0) }
        guard case .event(let event) = outputs.first, outputs.count == 1 else {
            Issue.record("\(outputs)")
            return
        }
        #expect(event.type == "pollux.gap")
        let gap = try JSONValue(parsing: Array(event.data.utf8))
        #expect(gap["after"]?.stringValue == String(decoding: cursor, as: UTF8.self))
    }
}
