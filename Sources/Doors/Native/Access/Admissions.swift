import Access
import Channels

/// Under what a reader was let in, and among whom it is found when that is judged again.
struct Admission {
    let permit: Permit
    let channels: [ChannelName]
    let others: Admissions
    /// What counts it among the readers that there may be, until its end; `nil` where these are not counted.
    let place: ReaderPlaces?

    /// It is over: to be called before the client knows, who may ask again at once.
    func giveBackPlace() { self.place?.giveBack() }
}

/// A reader that was let in.
protocol AdmittedReader: AnyObject {
    var admission: Admission { get }
    /// Where it stands among the others of its loop.
    var slot: Int { get set }

    /// It may read no longer: its client is told why, and given nothing more.
    func denied(_ reason: Denial)
}

/// The readers of one loop that were let in. Owner: that loop.
final class Admissions {
    private var readers: ContiguousArray<any AdmittedReader> = []

    func add(_ reader: any AdmittedReader) {
        reader.slot = self.readers.count
        self.readers.append(reader)
    }

    /// A reader is over.
    func remove(_ reader: any AdmittedReader) {
        reader.admission.giveBackPlace()
        let last = self.readers.removeLast()
        guard last !== reader else { return }
        last.slot = reader.slot
        self.readers[reader.slot] = last
    }

    /// Ends those that have come by an earlier use of a ticket.
    func end(before use: TicketUse) {
        self.judge { admission in
            guard let earlier = admission.permit.ticket, earlier.id == use.id else { return nil }
            return earlier.number < use.number ? .replaced : nil
        }
    }

    /// Judges all of them anew.
    func judge(_ denial: (Admission) -> Denial?) {
        let denied = self.readers.compactMap { reader in denial(reader.admission).map { (reader, $0) } }
        for (reader, reason) in denied { reader.denied(reason) }
    }
}

@available(*, unavailable)
extension Admissions: Sendable {}
