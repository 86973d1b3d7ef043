using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Monitor.Events;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Aggregator.Links;

/// <summary>
/// Reads the messages of one run of one agent, which may be anything, and checks that they keep the contract: whole
/// messages of the requested run, events in sequence, and a token that agrees with the events.
/// </summary>
internal sealed class BatchReader(string nodeName, ulong epoch, EventTypeTable types)
{
    // Agents write some 60 bytes. The log would take a thousand times this limit, and one loss of a bad agent must not
    // fill it.
    private const int MaxLossBytes = 1024;

    // Tokens of agents have less than 200 bytes. Those of aggregators have more, but no aggregator is read here.
    private const int MaxTokenBytes = 512;

    private const uint EventTag = StreamEventsResponse.EventsFieldNumber << 3 | WireReader.LengthDelimited;
    private const uint LossTag = StreamEventsResponse.LossesFieldNumber << 3 | WireReader.LengthDelimited;
    private const uint TokenTag = StreamEventsResponse.ResumeTokenFieldNumber << 3 | WireReader.LengthDelimited;
    private const uint WatermarkTag = StreamEventsResponse.WatermarkFieldNumber << 3 | WireReader.LengthDelimited;

    private readonly byte[] _nodeName = Encoding.UTF8.GetBytes(nodeName);

    // What the ids of all events of the run begin with.
    private readonly byte[] _idPrefix = Encoding.UTF8.GetBytes(EventId.Format(epoch, 0)[..^1]);

    /// <summary>Reads the message in a batch. Malformed events do not make the message invalid: they are marked, and keep
    /// their places.</summary>
    /// <param name="batch">The batch; partly undefined if the message is invalid.</param>
    /// <param name="before">The place in the agent's log before the message.</param>
    /// <returns>Null, or what is wrong, to follow "it sent".</returns>
    public string? Read(AgentBatch batch, OriginPoint before)
    {
        // The sequence of the first event, by the events that were read.
        ulong? first = null;
        var reader = new WireReader(batch.Bytes);
        while (!reader.AtEnd)
        {
            if (!reader.TryReadTag(out var tag))
            {
                return NoMessage;
            }

            if (tag is not (EventTag or LossTag or TokenTag or WatermarkTag))
            {
                if (!reader.TrySkip(tag))
                {
                    return NoMessage;
                }

                continue;
            }

            if (!reader.TryReadBytes(out var value))
            {
                return NoMessage;
            }

            var problem = tag == EventTag
                ? ReadEvent(batch, reader.Position - value.Length, value, ref first)
                : ReadOther(batch, tag, value);
            if (problem is not null)
            {
                return problem;
            }
        }

        return Check(batch, before, first);
    }

    private const string NoMessage = "bytes that are not a message of a stream";

    private string? ReadEvent(AgentBatch batch, int start, ReadOnlySpan<byte> value, ref ulong? first)
    {
        var index = batch.Events.Length;
        if (index == ContractLimits.MaxBatchEvents)
        {
            return $"more than the {ContractLimits.MaxBatchEvents} events in a message that were asked for";
        }

        ref var added = ref batch.AddEvent();
        added.Start = start;
        added.Length = -1;
        if (!EventColumns.TryParse(value, types, out added.Columns, out var identity))
        {
            return null;
        }

        added.Length = value.Length;
        if (!identity.NodeName.SequenceEqual(_nodeName))
        {
            return $"an event of node '{MessageText.Shorten(Encoding.UTF8.GetString(identity.NodeName))}', and its own is '{nodeName}'";
        }

        var due = first + (ulong)index;
        if (due is not null && identity.Sequence != due)
        {
            return OutOfSequence(identity.Sequence, due.Value);
        }

        // By its id a client finds an event again, and tells two apart.
        if (!IsIdOf(identity.Sequence, identity.Id))
        {
            return $"event {identity.Sequence} with the id '{MessageText.Shorten(Encoding.UTF8.GetString(identity.Id))}', which is not its own";
        }

        first = identity.Sequence - (ulong)index;
        if (added.Columns.TimeUnixNanos is var time and not 0 && !(batch.NewestUnixNanos >= time))
        {
            batch.NewestUnixNanos = time;
        }

        return null;
    }

    private bool IsIdOf(ulong sequence, ReadOnlySpan<byte> id)
    {
        Span<byte> digits = stackalloc byte[EventId.MaxLength];
        Utf8Formatter.TryFormat(sequence, digits, out var length);
        return id.StartsWith(_idPrefix) && id[_idPrefix.Length..].SequenceEqual(digits[..length]);
    }

    private string? ReadOther(AgentBatch batch, uint tag, ReadOnlySpan<byte> value)
    {
        try
        {
            switch (tag)
            {
                case LossTag:
                    return ReadLoss(batch, value);
                case TokenTag:
                    if (value.Length > MaxTokenBytes
                        || !ResumeToken.TryParse(Encoding.UTF8.GetString(value), out var token))
                    {
                        return "an invalid resume token";
                    }

                    batch.Token = token;
                    return null;
                default:
                    batch.WatermarkUnixNanos = UnixNanos.From(Timestamp.Parser.ParseFrom(value));
                    return batch.WatermarkUnixNanos is null ? "an invalid watermark" : null;
            }
        }
        catch (InvalidProtocolBufferException)
        {
            return NoMessage;
        }
    }

    private string? ReadLoss(AgentBatch batch, ReadOnlySpan<byte> value)
    {
        if (value.Length > MaxLossBytes || batch.Losses.Count == ContractLimits.MaxBatchEvents)
        {
            return $"a loss of {value.Length} bytes after {batch.Losses.Count} others in a message: at most {MaxLossBytes} "
                + $"and {ContractLimits.MaxBatchEvents} are understood";
        }

        var loss = Loss.Parser.ParseFrom(value);
        if (loss.NodeName != nodeName)
        {
            return $"a loss of node '{MessageText.Shorten(loss.NodeName)}', and its own is '{nodeName}'";
        }

        if (loss.Cause == LossCause.Unspecified)
        {
            return "a loss without a cause";
        }

        if ((loss.FirstTime is { } firstTime && UnixNanos.From(firstTime) is null)
            || (loss.LastTime is { } lastTime && UnixNanos.From(lastTime) is null))
        {
            return "a loss with an invalid time";
        }

        batch.Losses.Add(loss);
        if (loss.Cause != LossCause.Evicted)
        {
            return null;
        }

        // A count that no log can have disagrees with the token. Only the sum must not overflow here.
        batch.Evicted = loss.Count > long.MaxValue ? long.MaxValue : Math.Min(long.MaxValue, batch.Evicted + loss.Count);
        return null;
    }

    private string? Check(AgentBatch batch, OriginPoint before, ulong? first)
    {
        if (batch.Token is not { } token)
        {
            return "a message without a resume token";
        }

        if (token.Epoch != epoch)
        {
            return $"the resume token of another run, {BootEpoch.Format(token.Epoch)}";
        }

        var events = (ulong)batch.Events.Length;
        if (batch.Evicted > long.MaxValue - (ulong)before.Position - events)
        {
            return string.Create(CultureInfo.InvariantCulture, $"a resume token behind {batch.Evicted} events that are missing, which no log can have had");
        }

        var last = (ulong)before.Events + batch.Evicted + events;
        if (token.Events != last)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"a resume token behind event {token.Events}, and the message leads from event {before.Events} to {last}");
        }

        if (token.Position > OriginPoint.MaxPosition)
        {
            return string.Create(CultureInfo.InvariantCulture, $"a resume token at position {token.Position}, which no log reaches");
        }

        if (token.Position < (ulong)before.Position + batch.Evicted + events)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"a resume token at position {token.Position}, and the message leads from {before.Position} at least {batch.Evicted + events} further");
        }

        return first is { } sequence && sequence != last - events + 1 ? OutOfSequence(sequence, last - events + 1) : null;
    }

    private static string OutOfSequence(ulong sequence, ulong due) =>
        string.Create(CultureInfo.InvariantCulture, $"event {sequence} where {due} was due");
}
