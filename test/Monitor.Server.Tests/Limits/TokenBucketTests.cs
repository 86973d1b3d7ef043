using Monitor.Server.Tests.Support;

namespace Monitor.Server.Tests.Limits;

internal sealed class TokenBucketTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ManualTime _time = new();

    [Test]
    public void TryTake_AtOnce_AllowsThoseOfASecond()
    {
        var bucket = new TokenBucket(100, Second, _time);

        Assert.That(Enumerable.Range(0, 300).Count(_ => bucket.TryTake()), Is.EqualTo(100));
    }

    [Test]
    public void TryTake_OverTime_AllowsTheRate()
    {
        var bucket = new TokenBucket(100, Second, _time);
        var taken = 0;

        for (var i = 0; i < 10_000; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(1));
            taken += bucket.TryTake() ? 1 : 0;
        }

        Assert.That(taken, Is.EqualTo(1000 + 100).Within(2));
    }

    [Test]
    public void TryTake_ByParts_AddsThemUp()
    {
        var bucket = new TokenBucket(100, Second, _time);

        Assert.That(Enumerable.Range(0, 3000).Count(_ => bucket.TryTake(0.1)), Is.EqualTo(1000).Within(1));
    }

    [Test]
    public void IsFull_OnceTimeHasPassed_IsTrue()
    {
        var bucket = new TokenBucket(10, Second, _time);
        Assert.That(bucket.IsFull, Is.True);

        bucket.TryTake();
        Assert.That(bucket.IsFull, Is.False);

        _time.Advance(TimeSpan.FromMilliseconds(101));
        Assert.That(bucket.IsFull, Is.True);
    }

    [Test]
    public void IsEmpty_WhereNothingIsLeft_UntilOneIsBack()
    {
        var bucket = new TokenBucket(10, 10 * Second, _time);
        Assert.That(bucket.IsEmpty, Is.False);

        Assert.That(Enumerable.Range(0, 20).Count(_ => bucket.TryTake()), Is.EqualTo(10));
        Assert.That(bucket.IsEmpty, Is.True);

        _time.Advance(Second);
        Assert.That(bucket.IsEmpty, Is.False);
        Assert.That((bucket.TryTake(), bucket.TryTake()), Is.EqualTo((true, false)));
    }
}
