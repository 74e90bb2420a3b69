import Access
import Channels
import HTTPServing
import NIOHTTP1

extension Gate {
    /// Waits for the keys of the issuer of what was shown, and judges then.
    func inquiry(
        _ wish: Wish, after document: KeyDocument, for shown: ShownCredential, _ request: Request, _ cors: CORS
    ) -> Inquiry {
        Inquiry {
            await withCheckedContinuation { continuation in document.whenAnswered { continuation.resume() } }
            let permit: Permit
            do throws(Problem) { permit = try self.permit(for: shown, request.peer) } catch { return .failure(error) }
            switch self.verdict(wish.action, wish.channels, for: permit.principal) {
            case .allowed: return .success(permit)
            case .refused(let channel, let decision):
                return .failure(.refused(wish.action, channel, decision, shown))
            case .asked(let channels):
                return await self.ask(about: channels, for: wish, as: permit, shown, request, cors)
            }
        }
    }

    /// Asks the application about some channels of a wish; the others are granted.
    ///
    /// - Parameter permit: Who it is that asks, as far as that is known here.
    func ask(
        about channels: [ChannelName], for wish: Wish, as permit: Permit, _ shown: ShownCredential, _ request: Request,
        _ cors: CORS
    ) async -> Result<Permit, Problem> {
        guard let first = channels.first else { return .success(permit) }
        guard let callback = self.callback else {
            return .failure(.refused(wish.action, first, .forbidden, shown))
        }
        let question = request.question(wish, about: channels, callback.settings, cors)
        return switch await callback.verdict(on: question) {
        case .allowed(let end): .success(permit.byApplication(until: end))
        case .refused(let channel, .unauthenticated): .failure(.notKnown(wish.action, channel))
        case .refused(let channel, let decision): .failure(.refused(wish.action, channel, decision, shown))
        case .unknown: .failure(.applicationUnavailable(wish.action, first))
        }
    }
}

extension Request {
    /// What the application is asked about a wish.
    fileprivate func question(
        _ wish: Wish, about channels: [ChannelName], _ settings: CallbackSettings, _ cors: CORS
    ) -> CallbackQuestion {
        var question = CallbackQuestion(wish.action, channels)
        question.address = self.peer.address
        question.isSecure = self.peer.isSecure
        question.host = self.host
        question.method = self.method.rawValue
        question.uri = self.query.isEmpty ? self.path : self.path + [UInt8(ascii: "?")] + self.query
        question.subscriber = wish.subscriber
        // A browser sends cookies for whatever page asks.
        for name in settings.fields where name.lowercased() != "cookie" || cors.trustsCookies(of: self) {
            question.show(name, self.bytes(of: name))
        }
        return question
    }
}
