/// An answer of an HTTP/1 connection that was put off. Owner: the connection's event loop.
final class HTTP1PostponedAnswer: PostponedAnswer {
    private weak var connection: HTTP1Connection?
    /// By which the connection knows it; `nil` if no answer is due.
    private let number: Int?

    init(_ connection: HTTP1Connection, _ number: Int?) {
        self.connection = connection
        self.number = number
    }

    func respond(_ response: Response) {
        guard let number = self.number else { return }
        self.connection?.settle(number, response)
    }
}

@available(*, unavailable)
extension HTTP1PostponedAnswer: Sendable {}
