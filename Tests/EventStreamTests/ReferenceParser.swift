import EventStream

/// WHATWG HTML §9.2.6 read aloud: decodes the whole stream first, then takes the steps of the standard, slowly.
struct ReferenceParser {
    private(set) var outputs: [EventStreamParser.Output] = []
    private var data = ""
    private var eventType = ""
    private var lastEventIDBuffer = ""
    private var lastEventID = ""

    init(_ stream: [UInt8]) {
        var scalars = Array(String(decoding: stream, as: UTF8.self).unicodeScalars)
        if scalars.first == "\u{FEFF}" {
            scalars.removeFirst()
        }
        for line in Self.completeLines(of: scalars) {
            process(line)
        }
    }

    private static func completeLines(of scalars: [Unicode.Scalar]) -> [String] {
        var lines: [String] = []
        var line = String.UnicodeScalarView()
        for (index, scalar) in scalars.enumerated() {
            if scalar == "\n" && index > 0 && scalars[index - 1] == "\r" { continue }
            if scalar == "\r" || scalar == "\n" {
                lines.append(String(line))
                line = String.UnicodeScalarView()
            } else {
                line.append(scalar)
            }
        }
        return lines
    }

    private mutating func process(_ line: String) {
        let parts = line.unicodeScalars.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard line != "" else { return dispatch() }
        let name = String(parts[0])
        var value = parts.count > 1 ? Array(parts[1]) : []
        if value.first == " " {
            value.removeFirst()
        }
        processField(name, String(String.UnicodeScalarView(value)))
    }

    private mutating func processField(_ name: String, _ value: String) {
        switch name {
        case "event": eventType = value
        case "data": data += value + "\n"
        case "id" where !value.unicodeScalars.contains("\0"): lastEventIDBuffer = value
        case "retry" where !value.isEmpty && value.unicodeScalars.allSatisfy { ("0"..."9").contains($0) }:
            outputs.append(.reconnectionTime(milliseconds: Int(value) ?? .max))
        default: break
        }
    }

    private mutating func dispatch() {
        if !data.isEmpty {
            let text = String(data.unicodeScalars.dropLast())
            outputs.append(event(text, type: eventType.isEmpty ? "message" : eventType, id: lastEventIDBuffer))
        } else if Array(lastEventID.utf8) != Array(lastEventIDBuffer.utf8) {
            outputs.append(.lastEventID(lastEventIDBuffer))
        }
        lastEventID = lastEventIDBuffer
        data = ""
        eventType = ""
    }
}
