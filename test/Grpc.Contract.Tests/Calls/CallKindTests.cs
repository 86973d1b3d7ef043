using Grpc.Contract.Tests.Protos;
using Grpc.Core;

namespace Grpc.Contract.Tests.Calls;

/// <summary>Each kind of call, when all goes well.</summary>
[CancelAfter(30_000)]
public sealed class CallKindTests
{
    private ProbeServer _server = null!;
    private Probe.ProbeClient _client = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _server = await ProbeServer.StartAsync();
        _client = _server.OpenClient();
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _server.DisposeAsync();

    [Test]
    public async Task Unary_Async_GivesResponseHeadersStatusAndTrailers()
    {
        using var call = _client.EchoAsync(new Message { Text = "grüß" }, new Metadata { { "X-Note", "1" } });

        var response = await call;

        await Assert.MultipleAsync(async () =>
        {
            Assert.That(response.Text, Is.EqualTo("grüß"));
            Assert.That(await call.ResponseAsync, Is.SameAs(response));
            Assert.That((await call.ResponseHeadersAsync).GetValue("answered-by"), Is.EqualTo("probe"));
            Assert.That(call.GetStatus(), Is.EqualTo(Status.DefaultSuccess));
            Assert.That(call.GetTrailers().GetValue("x-note"), Is.EqualTo("1"));
        });
    }

    [Test]
    public void Unary_Blocking_GivesResponse() =>
        Assert.That(_client.Echo(new Message { Text = "a" }).Text, Is.EqualTo("a"));

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(3_000_000)]
    public async Task Unary_AnySize_KeepsThePayload(int size)
    {
        var payload = new byte[size];
        new Random(1).NextBytes(payload);

        var response = await _client.EchoAsync(
            new Message { Payload = Google.Protobuf.ByteString.CopyFrom(payload) });

        Assert.That(response.Payload.ToByteArray(), Is.EqualTo(payload));
    }

    [Test]
    public async Task Unary_Server_SeesMethodPeerAndNoDeadline()
    {
        var server = await ProbeServer.StartAsync();
        await using var _ = server;
        await server.OpenClient().EchoAsync(new Message());

        var seen = await server.NextSeenAsync();

        Assert.Multiple(() =>
        {
            Assert.That(seen.Method, Is.EqualTo("/grpc.contract.tests.Probe/Echo"));
            Assert.That(seen.Peer, Does.StartWith("ipv4:127.0.0.1:"));
            Assert.That(seen.Deadline, Is.EqualTo(DateTime.MaxValue));
            Assert.That(seen.IsCancelled, Is.False);
        });
    }

    [Test]
    public async Task ClientStreaming_Requests_AreAllReceived()
    {
        using var call = _client.Sum();
        for (var i = 1; i <= 100; i++)
        {
            await call.RequestStream.WriteAsync(new Number { Value = i });
        }

        await call.RequestStream.CompleteAsync();

        Assert.That((await call).Value, Is.EqualTo(5050));
    }

    [Test]
    public async Task ServerStreaming_Responses_ComeInOrderAndEnd()
    {
        using var call = _client.Count(new Number { Value = 500 });

        var numbers = new List<long>();
        await foreach (var number in call.ResponseStream.ReadAllAsync())
        {
            numbers.Add(number.Value);
        }

        Assert.Multiple(() =>
        {
            Assert.That(numbers, Is.EqualTo(Enumerable.Range(1, 500)));
            Assert.That(call.GetStatus().StatusCode, Is.EqualTo(StatusCode.OK));
        });
    }

    [Test]
    public async Task DuplexStreaming_Responses_AnswerRequestsOneByOne()
    {
        using var call = _client.Double();
        for (var i = 1; i <= 20; i++)
        {
            await call.RequestStream.WriteAsync(new Number { Value = i }, CancellationToken.None);
            Assert.That(await call.ResponseStream.MoveNext(), Is.True);
            Assert.That(call.ResponseStream.Current.Value, Is.EqualTo(2 * i));
        }

        await call.RequestStream.CompleteAsync();

        Assert.That(await call.ResponseStream.MoveNext(), Is.False);
    }

    [Test]
    public async Task DuplexStreaming_BufferHint_StillDeliversEverything()
    {
        using var call = _client.Double();
        call.RequestStream.WriteOptions = new WriteOptions(WriteFlags.BufferHint);
        for (var i = 1; i <= 20; i++)
        {
            await call.RequestStream.WriteAsync(new Number { Value = i });
        }

        await call.RequestStream.CompleteAsync();

        var count = 0;
        await foreach (var _ in call.ResponseStream.ReadAllAsync())
        {
            count++;
        }

        Assert.That(count, Is.EqualTo(20));
    }
}
