using System.Globalization;
using Grpc.Core;
using Monitor.Benchmarks.Measures;
using Monitor.V1;

namespace Monitor.Benchmarks.Subscribing;

/// <summary>
/// The process that subscribes: <c>subscribe TARGET everything</c>, or <c>subscribe TARGET COMMAND</c> for the events of
/// one command and their ages; a certificate and its key may follow, for TLS. Says "ready" at the first message, and when its input ends what came.
/// </summary>
internal static class Subscriber
{
    public static async Task<int> RunAsync(string[] arguments)
    {
        var command = arguments[1] == SubscriberProcess.Everything ? null : arguments[1];
        var request = new StreamEventsRequest();
        if (command is not null)
        {
            request.Command.Add(command);
        }

        using var channel = Channels.To(arguments[0], arguments.Length > 2 ? arguments[2..] : null);
        using var stop = new CancellationTokenSource();
        var input = Task.Run(() =>
        {
            while (Console.In.Read() >= 0)
            {
            }

            stop.Cancel();
        });
        using var call = channel.CreateCallInvoker().AsyncServerStreamingCall(
            EventBatch.Method(withAges: command is not null), null, new CallOptions(cancellationToken: stop.Token), request);
        await ReceiveAsync(call.ResponseStream);
        await input;
        return 0;
    }

    private static async Task ReceiveAsync(IAsyncStreamReader<EventBatch> stream)
    {
        var events = 0L;
        var losses = 0L;
        var ages = new List<long>();
        try
        {
            for (var isFirst = true; await stream.MoveNext(); isFirst = false)
            {
                if (isFirst)
                {
                    Console.WriteLine("ready");
                }

                events += stream.Current.Events;
                losses += stream.Current.Losses;
                ages.AddRange(stream.Current.Ages);
            }
        }
        catch (RpcException end) when (end.StatusCode == StatusCode.Cancelled)
        {
            // Asked for.
        }

        ages = [.. ages.Skip((int)Latency.WarmUpEvents).Order()];
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"events {events} losses {losses} p50_ns {Quantile(ages, 0.5)} p99_ns {Quantile(ages, 0.99)} max_ns {Quantile(ages, 1)}"));
    }

    private static long Quantile(List<long> sorted, double part) =>
        sorted.Count == 0 ? 0 : sorted[(int)Math.Ceiling(sorted.Count * part) - 1];
}
