import Access
import Channels
import JSON
import NIOCore

extension Form<Int> {
    /// A whole number.
    static func count(_ range: ClosedRange<Int>) -> Form {
        Form(
            expectation: "a whole number from \(range.lowerBound) to \(range.upperBound)",
            read: { value in
                let number = value.integerValue.map { Int($0) } ?? value.stringValue.flatMap { Int($0) }
                return number.flatMap { range.contains($0) ? $0 : nil }
            },
            write: { String($0) })
    }

    /// Bytes.
    static func size(_ range: ClosedRange<Int>) -> Form { .quantity("a size", Units.bytes, range, example: "64KB") }

    /// A time, kept in milliseconds; 3650 days at most, so that no sum of times overflows.
    static func milliseconds(from least: Int) -> Form {
        .quantity("a time", Units.milliseconds, least...3_650 * 86_400_000, example: "15s")
    }

    private static func quantity(_ noun: String, _ units: Units, _ range: ClosedRange<Int>, example: String) -> Form {
        Form(
            expectation: "\(noun) from \(units.write(range.lowerBound)) to \(units.write(range.upperBound)),"
                + " such as \(example)",
            read: { units.read($0).flatMap { range.contains($0) ? $0 : nil } },
            write: { units.write($0) })
    }
}

extension Form<Int?> {
    /// A whole number that may be left out.
    static func count(_ range: ClosedRange<Int>) -> Form {
        let form = Form<Int>.count(range)
        return Form(
            expectation: form.expectation, read: { form.read($0).map { .some($0) } },
            write: { $0.map(form.write) ?? "" })
    }
}

extension Form<Duration> {
    static func time(from least: Int) -> Form {
        Form<Int>.milliseconds(from: least).map({ .milliseconds($0) }, back: { Int($0.milliseconds) })
    }
}

extension Form<TimeAmount> {
    static func time(from least: Int) -> Form {
        Form<Int>.milliseconds(from: least)
            .map({ .milliseconds(Int64($0)) }, back: { Int($0.nanoseconds / 1_000_000) })
    }
}

extension Form<Rate> {
    /// So many in a time.
    static var rate: Form {
        Form(
            expectation: "a number and a time, such as 50/s, 10/m or 100/h",
            read: { $0.stringValue.flatMap { Rate($0) } }, write: { $0.description })
    }
}

extension Form<ConnectionLimits.Arrivals> {
    /// What holds for every address; what holds where nothing is given is no text.
    static var arrivals: Form {
        let form = Form<Rate>.rate.orUnlimited
        return Form(
            expectation: form.expectation, read: { form.read($0).map { .most($0) } },
            write: {
                switch $0 {
                case .standard: ""
                case .most(let rate): form.write(rate)
                }
            })
    }
}
