using System.Buffers;
using Google.Protobuf;
using Monitor.Aggregator.Links;
using Monitor.Events;
using Monitor.Fuzz.Inputs;
using Monitor.Fuzz.Running;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Fuzz.Cases;

/// <summary>Messages of an agent's stream as an aggregator reads them: refused with a reason, or taken into a log.</summary>
internal sealed class BatchCase : FuzzCase
{
    private const ulong Epoch = 7;

    public override string Name => "batches";

    public override int ShortInputs => 20_000;

    public override Task TryAsync(Random random, FuzzContext context)
    {
        var message = new StreamEventsResponse { ResumeToken = new ResumeToken(Epoch, 0, 0, []).ToString() };
        var count = random.Next(5);
        for (var i = 0; i < count; i++)
        {
            message.Events.Add(SampleEvents.Make(Epoch, (ulong)i + 1, "node-1"));
        }

        for (var n = random.Next(3); n > 0; n--)
        {
            message.Losses.Add(new Loss { NodeName = "node-1", Cause = (LossCause)random.Next(8), Count = (ulong)random.NextInt64() });
        }

        message.ResumeToken = new ResumeToken(Epoch, (ulong)count, (ulong)count, []).ToString();
        Try(Damage.Of(message.ToByteArray(), random, most: 3), context);
        return Task.CompletedTask;
    }

    private static void Try(ReadOnlySpan<byte> bytes, FuzzContext context)
    {
        using var log = new EventLog(new EventLogOptions { TracksOrigins = true, RetentionBytes = EventLogOptions.MinRetentionBytes }, 5, TimeProvider.System);
        var node = new AgentNode("node-1", new ClusterLog(log), TimeProvider.System);
        using var batch = new AgentBatch();
        batch.Fill(new ReadOnlySequence<byte>(bytes.ToArray()));
        var problem = new BatchReader("node-1", Epoch, log.Types).Read(batch, default);
        context.Count(problem is null ? "taken" : "refused");
        if (problem is null)
        {
            node.Take(batch, Epoch);
        }
    }
}
