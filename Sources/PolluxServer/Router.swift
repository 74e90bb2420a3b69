import HTTPServing
import NIOHTTP1
import Doors

/// Finds who answers a request: a door, the server's health, or the files.
struct Router: Responder {
    private let doors: [any Door]
    private let health: Health
    private let files: StaticFiles?
    private let access: AccessPolicy
    private let cors: CORS
    private let proxyWarning: ProxyWarning?

    /// - Parameters:
    ///   - doors: The first that claims a path has it.
    ///   - proxyWarning: `nil` where proxies are known.
    init(
        doors: [any Door], health: Health, files: StaticFiles?, access: AccessPolicy, cors: CORS,
        proxyWarning: ProxyWarning?
    ) {
        self.proxyWarning = proxyWarning
        self.doors = doors
        self.health = health
        self.files = files
        self.access = access
        self.cors = cors
    }

    func respond(to request: Request, on exchange: any Exchange) {
        self.proxyWarning?.look(at: request)
        if let door = self.door(at: request.path) {
            door.respond(to: request, on: exchange)
        } else if request.method != .GET, request.method != .HEAD {
            exchange.respond(self.cors.answer(toOther: request, allow: "GET, HEAD, OPTIONS"))
        } else if let check = Health.Check(path: request.path) {
            self.health.answer(check, to: self.access.isAdministrator(request, self.cors), on: exchange)
        } else {
            self.file(request, exchange)
        }
    }

    func mayOverlap(_ request: Request) -> Bool { self.door(at: request.path)?.mayOverlap(request) ?? false }

    private func door(at path: [UInt8]) -> (any Door)? { self.doors.first { $0.claims(path) } }

    private func file(_ request: Request, _ exchange: any Exchange) {
        do throws(Problem) {
            try request.requireCapacity()
            guard let files = self.files else { throw .notFound("there is nothing at \(request.pathText)") }
            files.respond(to: request, on: exchange)
        } catch {
            exchange.respond(error.response)
        }
    }
}
