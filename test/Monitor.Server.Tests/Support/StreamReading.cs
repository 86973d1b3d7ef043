using Grpc.Core;
using Monitor.V1;

namespace Monitor.Server.Tests.Support;

/// <summary>Reads messages of a stream.</summary>
internal static class StreamReading
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>The next message.</summary>
    public static async Task<StreamEventsResponse> NextAsync(
        this AsyncServerStreamingCall<StreamEventsResponse> call, TimeSpan? patience = null)
    {
        var more = await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(patience ?? Patience);
        Assert.That(more, Is.True, "The stream has ended.");
        return call.ResponseStream.Current;
    }

    /// <summary>Messages until a number of events was received.</summary>
    public static async Task<List<StreamEventsResponse>> ReadEventsAsync(
        this AsyncServerStreamingCall<StreamEventsResponse> call, int events)
    {
        var messages = new List<StreamEventsResponse>();
        while (events > 0)
        {
            var message = await call.NextAsync();
            messages.Add(message);
            events -= message.Events.Count;
        }

        return messages;
    }

    /// <summary>How the call ends when the next message is read.</summary>
    public static async Task<RpcException> EndAsync(this AsyncServerStreamingCall<StreamEventsResponse> call)
    {
        try
        {
            while (await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Patience))
            {
            }
        }
        catch (RpcException failure)
        {
            return failure;
        }

        throw new AssertionException("The stream ended without an error.");
    }
}
