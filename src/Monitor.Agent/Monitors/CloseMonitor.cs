using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Agent.Monitors;

/// <summary>Ends of TCP connections; see bpf/close.bpf.c.</summary>
internal sealed class CloseMonitor() : TcpMonitor<CloseRecord>("close", Event.CloseFieldNumber)
{
    private const uint NoSample = uint.MaxValue;

    private readonly ErrnoFragments _errors = new(CloseDetail.ErrorFieldNumber);

    public override string Description => "Ends of TCP connections, with what they carried and who ended them.";

    public override IReadOnlyList<HookDefinition> Hooks { get; } =
    [
        new("state", "sock/inet_sock_set_state", HookRole.Preferred, HookAttach.Section),
        new("state_without_cookie", "sock/inet_sock_set_state", HookRole.LastResort, HookAttach.Section)
        {
            Note = "this kernel, before 5.12, gives inbound connections no connection_id",
        },
    ];

    protected override bool TryWrite(in CloseRecord record, ref WireWriter writer, out bool failed)
    {
        var cause = (CloseDetail.Types.Cause)record.Cause;
        failed = cause.IsFailure();
        if (cause is < CloseDetail.Types.Cause.Local or > CloseDetail.Types.Cause.Error || record.Error > ErrnoFragments.Max ||
            record.DurationNs > long.MaxValue)
        {
            return false;
        }

        writer.Varint(CloseDetail.CauseFieldNumber, record.Cause);
        WriteDirection(CloseDetail.DirectionFieldNumber, record.Tcp, ref writer);
        if (record.DurationNs != 0)
        {
            writer.SecondsAndNanos(CloseDetail.DurationFieldNumber, (long)record.DurationNs);
        }

        Count(CloseDetail.BytesSentFieldNumber, record.BytesSent, ref writer);
        Count(CloseDetail.BytesAcknowledgedFieldNumber, record.BytesAcknowledged, ref writer);
        Count(CloseDetail.BytesReceivedFieldNumber, record.BytesReceived, ref writer);
        Count(CloseDetail.SegmentsSentFieldNumber, record.SegmentsSent, ref writer);
        Count(CloseDetail.SegmentsReceivedFieldNumber, record.SegmentsReceived, ref writer);
        Count(CloseDetail.RetransmitsFieldNumber, record.Retransmits, ref writer);
        Time(CloseDetail.SmoothedRttFieldNumber, record.SmoothedRttUs, ref writer);
        Time(CloseDetail.MinimumRttFieldNumber, record.MinimumRttUs, ref writer);
        if (record.Error != 0)
        {
            writer.Fragment(_errors.Get(record.Error));
        }

        if ((record.Tcp.Flags & TcpFlags.Tracked) == 0)
        {
            writer.Varint(CloseDetail.OpenBeforeStartFieldNumber, 1);
        }

        return true;
    }

    private static void Count(int field, ulong count, ref WireWriter writer)
    {
        if (count != 0)
        {
            writer.Varint(field, count);
        }
    }

    private static void Time(int field, uint microseconds, ref WireWriter writer)
    {
        if (microseconds is not (0 or NoSample))
        {
            writer.SecondsAndNanos(field, microseconds * 1000L);
        }
    }
}
