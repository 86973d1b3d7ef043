using Monitor.Aggregator.Links;

namespace Monitor.Aggregator.Tests.Links;

internal sealed class MeasureTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Test]
    public void Clock_OfSeveralAnswers_IsThatOfTheShortestRoundTripOfTheLastEight()
    {
        var clock = new ClockEstimator();
        Assert.That(clock.Best, Is.Null);
        void Answer(int roundTripMs, int answerMs) => clock.Add(
            Start, TimeSpan.FromMilliseconds(roundTripMs), Start + TimeSpan.FromMilliseconds(answerMs));

        Answer(100, 1050);
        Answer(10, 2005);
        for (var i = 0; i < 7; i++)
        {
            Answer(200, 100);
        }

        Assert.That(clock.Best!.Value.Offset, Is.EqualTo(TimeSpan.FromSeconds(2)));
        Assert.That(clock.Best!.Value.Uncertainty, Is.EqualTo(TimeSpan.FromMilliseconds(5)));
        Answer(200, 100);
        Assert.That(clock.Best!.Value.Uncertainty, Is.EqualTo(TimeSpan.FromMilliseconds(100)));
    }

    [Test]
    public void Rate_IsOverTheLastTenWholeSeconds()
    {
        var time = new ManualTime();
        var rate = new RateMeter(time);
        rate.Add(100);
        Assert.That(rate.PerSecond(), Is.Zero, "the second has only begun");
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(rate.PerSecond(), Is.EqualTo(10));
        time.Advance(TimeSpan.FromSeconds(9));
        rate.Add(50);
        Assert.That(rate.PerSecond(), Is.EqualTo(10));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(rate.PerSecond(), Is.EqualTo(5));
        time.Advance(TimeSpan.FromDays(1));
        Assert.That(rate.PerSecond(), Is.Zero);
    }

    private sealed class ManualTime : TimeProvider
    {
        private long _timestamp = 1234;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _timestamp;

        public void Advance(TimeSpan by) => _timestamp += by.Ticks;
    }
}
