using Grpc.Contract.Tests.Protos;
using Grpc.Core;

namespace Grpc.Contract.Tests.Calls;

/// <summary>Calls that fail, run out of time or are given up.</summary>
[CancelAfter(30_000)]
public sealed class CallEndTests
{
    private ProbeServer _server = null!;
    private Probe.ProbeClient _client = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _server = await ProbeServer.StartAsync();
        _client = _server.OpenClient();
    }

    [TearDown]
    public async Task StopAsync() => await _server.DisposeAsync();

    [TestCase(StatusCode.Cancelled, 1)]
    [TestCase(StatusCode.Unknown, 2)]
    [TestCase(StatusCode.InvalidArgument, 3)]
    [TestCase(StatusCode.DeadlineExceeded, 4)]
    [TestCase(StatusCode.NotFound, 5)]
    [TestCase(StatusCode.AlreadyExists, 6)]
    [TestCase(StatusCode.PermissionDenied, 7)]
    [TestCase(StatusCode.ResourceExhausted, 8)]
    [TestCase(StatusCode.FailedPrecondition, 9)]
    [TestCase(StatusCode.Aborted, 10)]
    [TestCase(StatusCode.OutOfRange, 11)]
    [TestCase(StatusCode.Unimplemented, 12)]
    [TestCase(StatusCode.Internal, 13)]
    [TestCase(StatusCode.Unavailable, 14)]
    [TestCase(StatusCode.DataLoss, 15)]
    [TestCase(StatusCode.Unauthenticated, 16)]
    public async Task Failure_AnyCode_ReachesTheClient(StatusCode code, int onTheWire)
    {
        using var call = _client.Fail(new Failure { Code = onTheWire, Detail = "so: \"ü\"" });

        var failure = await FailureOfAsync(call.ResponseStream);

        Assert.Multiple(() =>
        {
            Assert.That(failure.StatusCode, Is.EqualTo(code));
            Assert.That(failure.Status.Detail, Is.EqualTo("so: \"ü\""));
            Assert.That(failure.Message, Is.EqualTo($"Status(StatusCode=\"{code}\", Detail=\"so: \"ü\"\")"));
            Assert.That(failure.Trailers.GetValueBytes("reason-bin"), Is.EqualTo(new byte[] { 0, 255, 7 }));
            Assert.That(call.GetStatus().StatusCode, Is.EqualTo(code));
            Assert.That(call.GetTrailers().GetValueBytes("reason-bin"), Is.EqualTo(new byte[] { 0, 255, 7 }));
        });
    }

    [Test]
    public async Task Failure_AfterMessages_ComesAfterThem()
    {
        using var call = _client.Fail(new Failure { Code = 8, After = 2 });

        await Assert.MultipleAsync(async () =>
        {
            Assert.That(await call.ResponseStream.MoveNext(), Is.True);
            Assert.That(await call.ResponseStream.MoveNext(), Is.True);
            var failure = await FailureOfAsync(call.ResponseStream);
            Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.ResourceExhausted));
        });
    }

    [Test]
    public async Task Deadline_Passed_EndsTheCallOnBothSides()
    {
        var deadline = DateTime.UtcNow.AddMilliseconds(300);
        using var call = _client.Hang(new Number(), deadline: deadline);

        var failure = await FailureOfAsync(call.ResponseStream);
        var seen = await _server.NextSeenAsync();

        Assert.Multiple(() =>
        {
            Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.DeadlineExceeded));
            Assert.That(seen.Deadline, Is.EqualTo(deadline).Within(TimeSpan.FromSeconds(5)));
            Assert.That(seen.IsCancelled, Is.True);
        });
    }

    [Test]
    public async Task Cancellation_OfTheToken_EndsTheCallOnBothSides()
    {
        using var cancellation = new CancellationTokenSource();
        using var call = _client.Hang(new Number(), cancellationToken: cancellation.Token);
        await call.ResponseStream.MoveNext();

        await cancellation.CancelAsync();

        await Assert.MultipleAsync(async () =>
        {
            Assert.That((await FailureOfAsync(call.ResponseStream)).StatusCode, Is.EqualTo(StatusCode.Cancelled));
            Assert.That((await _server.NextSeenAsync()).IsCancelled, Is.True);
        });
    }

    [Test]
    public async Task Cancellation_OfTheRead_EndsTheCall()
    {
        using var cancellation = new CancellationTokenSource();
        using var call = _client.Hang(new Number());
        await using var messages = call.ResponseStream.ReadAllAsync(cancellation.Token).GetAsyncEnumerator();
        await messages.MoveNextAsync();

        await cancellation.CancelAsync();

        Assert.That(
            async () => await messages.MoveNextAsync(),
            Throws.TypeOf<RpcException>().With.Property(nameof(RpcException.StatusCode)).EqualTo(StatusCode.Cancelled));
        Assert.That((await _server.NextSeenAsync()).IsCancelled, Is.True);
    }

    [Test]
    public async Task Dispose_WhileRunning_CancelsTheCall()
    {
        var call = _client.Hang(new Number());
        await call.ResponseStream.MoveNext();

        call.Dispose();

        Assert.That((await _server.NextSeenAsync()).IsCancelled, Is.True);
    }

    [Test]
    public async Task Status_WhileRunning_IsNotThere()
    {
        using var call = _client.Hang(new Number());
        await call.ResponseStream.MoveNext();

        Assert.That(call.GetStatus, Throws.InvalidOperationException);
    }

    private static async Task<RpcException> FailureOfAsync(IAsyncStreamReader<Number> responses)
    {
        try
        {
            while (await responses.MoveNext())
            {
            }
        }
        catch (RpcException failure)
        {
            return failure;
        }

        throw new AssertionException("The call ended with OK.");
    }
}
