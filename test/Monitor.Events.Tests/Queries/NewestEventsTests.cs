namespace Monitor.Events.Tests;

/// <summary>What a query keeps in memory of stored events.</summary>
internal sealed class NewestEventsTests
{
    // 1000 copies of 1 KiB, of which a page has room for ten; twice that is kept at most, and one more shows that there is more.
    [Test]
    public void Copies_ThatCannotBeOnThePage_AreNotKept([Values] bool newestFirst)
    {
        var newest = new NewestEvents(501, pageBytes: 10 << 10);
        for (var i = 0; i < 1000; i++)
        {
            newest.Offer(new Candidate(newestFirst ? 1000 - i : i + 1, 1000 - i, null!, new byte[1 << 10]));
        }

        Assert.That(newest.IsCut, Is.True);
        Assert.That(newest.Admits(900), Is.False);
        var kept = newest.Sorted();
        Assert.That(kept, Has.Count.InRange(11, 20));
        Assert.That(kept.Select(candidate => candidate.Time), Is.EqualTo(Enumerable.Range(0, kept.Count).Select(i => 1000L - i)));
    }
}
