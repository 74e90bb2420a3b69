import Testing

@testable import HTTPServing

@Suite struct DescriptorReserveTests {
    @Test func `The reserve is held until it is given up, and taken back where enough is left`() {
        let reserve = DescriptorReserve()
        #expect(!reserve.isReleased && !reserve.isScarce)
        reserve.release()
        reserve.release()
        #expect(reserve.isReleased)
        #expect(reserve.reclaim() && !reserve.isReleased)
        #expect(reserve.reclaim())
    }

    @Test func `Two at a time are let in to be refused`() {
        let reserve = DescriptorReserve()
        reserve.refusalBegan()
        #expect(reserve.allowsRefusal)
        reserve.refusalBegan()
        #expect(!reserve.allowsRefusal)
        reserve.refusalEnded()
        #expect(reserve.allowsRefusal)
    }
}
