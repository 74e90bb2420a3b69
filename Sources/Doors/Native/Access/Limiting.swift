import Access
import Channels
import HTTPServing
import NIOCore
import NIOHTTP1

extension AccessLimits {
    /// - Returns: What counts the reader until its end; `nil` where readers are not counted.
    /// - Throws: ``Problem`` (429) that names the setting.
    func openReader(
        of selection: Selection, _ request: Request, _ principal: Principal, _ configuration: TransportConfiguration
    ) throws(Problem) -> ReaderPlaces? {
        do throws(ExceededLimit) {
            return try self.openReader(of: selection.channels, from: request.peer.address, by: principal)
        } catch {
            throw Problem(error, retryAfter: configuration.spreadRetry() / 1_000 + 1)
        }
    }

    /// - Throws: ``Problem`` (429) that names the setting.
    func requireRoom(for publication: Publication, _ request: Request, _ principal: Principal) throws(Problem) {
        guard self.limitsPublishing else { return }
        do throws(ExceededLimit) {
            try self.publish(
                publication, from: request.peer.address, by: principal, at: NIODeadline.now().uptimeNanoseconds)
        } catch {
            throw Problem(error, retryAfter: 1)
        }
    }
}

extension Problem {
    /// - Parameter retryAfter: In seconds, where the limit cannot tell.
    fileprivate init(_ error: ExceededLimit, retryAfter: Int) {
        let (most, quota): (Int, Quota) =
            switch error.quota {
            case .connections(let most): (most, .concurrent("connections", most: most))
            case .connectionRate(let rate): (rate.count, .requests("connections", rate))
            case .readers(let most): (most, .concurrent("readers", most: most))
            case .publishRate(let rate): (rate.count, .requests("publish", rate))
            case .byteRate(let most): (most, .bytes("bytes", most: most, in: 1))
            }
        self.init(
            .tooManyRequests, "Too many requests", detail: "\(error)", retryAfter: error.wait ?? retryAfter,
            limit: Limit(error.key, most: most), quota: quota)
    }
}

extension Quota {
    fileprivate static func requests(_ name: String, _ rate: Rate) -> Quota {
        .requests(name, most: rate.count, in: rate.period.length)
    }
}
