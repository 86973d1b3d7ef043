using System.Buffers;
using Google.Protobuf;
using Monitor.Aggregator.Links;
using Monitor.Events;
using Monitor.Fuzz.Inputs;
using Monitor.Fuzz.Running;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Fuzz.Parsers;

/// <summary>Messages of an agent's stream as an aggregator reads them: refused with a reason, or taken into a log.</summary>
internal sealed class BatchCase : ParserCase
{
    private const ulong Epoch = 7;

    public override string Name => "batches";

    public override int ShortInputs => 8_000;

    public override byte[] Make(Random random)
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
        return Damage.Of(message.ToByteArray(), random, most: 3);
    }

    protected override string Parse(byte[] input)
    {
        using var log = new EventLog(new EventLogOptions { TracksOrigins = true, RetentionBytes = EventLogOptions.MinRetentionBytes }, 5, TimeProvider.System);
        var node = new AgentNode("node-1", new ClusterLog(log), TimeProvider.System);
        using var batch = new AgentBatch();
        batch.Fill(new ReadOnlySequence<byte>(input));
        var problem = new BatchReader("node-1", Epoch, log.Types).Read(batch, default);
        if (problem is not null)
        {
            return "refused";
        }

        node.Take(batch, Epoch);
        return "taken";
    }
}
