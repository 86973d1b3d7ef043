using Monitor.Server;

namespace Monitor.Aggregator.Links;

/// <summary>
/// Estimates how far another machine's clock is off, from answers that carry its time: as NTP does (RFC 5905, 8 and 10),
/// the offset by the middle of the round trip, of the last eight the one with the shortest. Not safe for threads.
/// </summary>
internal sealed class ClockEstimator
{
    // Eight of NTP's clock filter; at one in 10 s, a clock that is stepped is followed within 80 s.
    private const int Samples = 8;

    private readonly Queue<ClockEstimate> _samples = new(Samples);

    /// <summary>The best of the last eight; null where nothing was measured.</summary>
    public ClockEstimate? Best { get; private set; }

    /// <summary>Takes an answer into account.</summary>
    /// <param name="asked">When it was asked, by the clock here.</param>
    /// <param name="roundTrip">How long it then took until the answer was here.</param>
    /// <param name="answer">The other clock, some time in between.</param>
    public void Add(DateTimeOffset asked, TimeSpan roundTrip, DateTimeOffset answer)
    {
        if (_samples.Count == Samples)
        {
            _samples.Dequeue();
        }

        _samples.Enqueue(new ClockEstimate(answer - (asked + roundTrip / 2), roundTrip / 2));
        Best = _samples.MinBy(sample => sample.Uncertainty);
    }
}
