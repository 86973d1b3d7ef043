using Monitor.Agent.Reading;

namespace Monitor.Agent.Tests.Decoding;

internal sealed class LossLedgerTests
{
    [Test]
    public void Report_RingTellsFirst_CounterAddsNothing()
    {
        var ledger = new LossLedger();

        Assert.That(ledger.OnRing(5), Is.EqualTo(5));
        Assert.That(ledger.OnCounter(5), Is.Zero);
        Assert.That(ledger.Reported, Is.EqualTo(5));
    }

    [Test]
    public void Report_CounterKnowsFirst_RingAddsOnlyWhatIsNew()
    {
        var ledger = new LossLedger();

        Assert.That(ledger.OnCounter(10), Is.EqualTo(10));
        Assert.That(ledger.OnRing(12), Is.EqualTo(2), "ten of the twelve were reported by the counter");
        Assert.That(ledger.OnCounter(12), Is.Zero);
    }

    [Test]
    public void Report_AnyInterleaving_AddsUpToTheTotal()
    {
        var random = new Random(3);
        var ledger = new LossLedger();
        ulong total = 0, told = 0, reported = 0;
        for (var i = 0; i < 10_000; i++)
        {
            total += (ulong)random.Next(0, 3);
            if (random.Next(2) == 0)
            {
                reported += ledger.OnCounter(total);
            }
            else
            {
                var untold = (ulong)random.NextInt64((long)(total - told) + 1);
                told += untold;
                reported += ledger.OnRing(untold);
            }
        }

        reported += ledger.OnCounter(total);
        Assert.That(reported, Is.EqualTo(total));
    }
}
