using Monitor.Agent.Encoding;
using Monitor.Bpf.Schema;
using Monitor.Protocol;

namespace Monitor.Agent.Custom;

/// <summary>
/// Those fields of a record that all events have, by their names: at the top of the record, or in its struct monitor_process.
/// </summary>
internal sealed class CommonFields
{
    private const int AddressBytes = 16, CommandBytes = 16;

    private readonly RecordField? _pid, _tid, _uid, _command, _cgroup, _namespace, _connection, _protocol, _failed;
    private readonly RecordField? _source, _sourcePort, _destination, _destinationPort;

    /// <param name="schema">The record.</param>
    public CommonFields(RecordSchema schema)
    {
        Timestamp = schema.Fields[0];
        _pid = Take(schema, "pid", IsNumber);
        _tid = Take(schema, "tid", IsNumber);
        _uid = Take(schema, "uid", IsNumber);
        _command = Take(schema, "command", field => field.Kind == FieldKind.Text);
        _cgroup = Take(schema, "cgroup_id", IsNumber);
        _namespace = Take(schema, "network_namespace", IsNumber);
        _connection = Take(schema, "connection_id", IsNumber);
        _protocol = Take(schema, "protocol", IsNumber);
        _failed = Take(schema, "failed", field => field.Kind == FieldKind.Boolean);
        _source = Take(schema, "source_ip", IsAddress);
        _destination = Take(schema, "destination_ip", IsAddress);
        // A port without an address says little, and Event has no place for it.
        _sourcePort = _source is null ? null : Take(schema, "source_port", IsPort);
        _destinationPort = _destination is null ? null : Take(schema, "destination_port", IsPort);
    }

    /// <summary>The first field of every record.</summary>
    public RecordField Timestamp { get; }

    /// <summary>Whether a field is one of them, and so no field of the detail.</summary>
    public bool Contains(RecordField field) => field == Timestamp || field == _pid || field == _tid || field == _uid
        || field == _command || field == _cgroup || field == _namespace || field == _connection || field == _protocol
        || field == _failed || field == _source || field == _sourcePort || field == _destination || field == _destinationPort;

    /// <summary>Whether the record reports a failure.</summary>
    public bool Failed(ReadOnlySpan<byte> record) => _failed is not null && FieldValues.Unsigned(record, _failed) != 0;

    /// <summary>Writes them into an event.</summary>
    /// <returns>False where one of them cannot be.</returns>
    public bool TryWrite(ReadOnlySpan<byte> record, EventEncoder encoder)
    {
        Span<byte> source = stackalloc byte[AddressBytes], destination = stackalloc byte[AddressBytes];
        var hasSource = TryReadAddress(record, _source, source);
        var hasDestination = TryReadAddress(record, _destination, destination);
        WriteProcess(record, encoder, hasSource ? source : [], hasDestination ? destination : []);
        encoder.SetNetworkNamespace((uint)Number(record, _namespace));
        encoder.SetConnection(Number(record, _connection));
        if (Number(record, _protocol) is > 0 and var protocol)
        {
            if (protocol > IpProtocols.MaxNumber)
            {
                return false;
            }

            encoder.SetProtocol((ushort)protocol);
        }

        if (hasSource)
        {
            encoder.SetSource(source, Port(record, _sourcePort));
        }

        if (hasDestination)
        {
            encoder.SetDestination(destination, Port(record, _destinationPort));
        }

        if (Failed(record))
        {
            encoder.SetFailed();
        }

        return true;
    }

    private void WriteProcess(
        ReadOnlySpan<byte> record, EventEncoder encoder, ReadOnlySpan<byte> source, ReadOnlySpan<byte> destination)
    {
        var pid = (uint)Number(record, _pid);
        var cgroup = Number(record, _cgroup);
        if (_pid is not null && pid != 0)
        {
            Span<byte> command = stackalloc byte[CommandBytes];
            if (_command is not null)
            {
                var bytes = FieldValues.Bytes(record, _command);
                bytes[..Math.Min(bytes.Length, CommandBytes - 1)].CopyTo(command);
            }

            encoder.SetProcess(pid, _tid is null ? pid : (uint)Number(record, _tid), (uint)Number(record, _uid), cgroup, command);
        }
        else if (cgroup != 0)
        {
            encoder.SetCgroup(cgroup);
        }
        else
        {
            encoder.SetNoProcess(source, destination);
        }
    }

    private static bool TryReadAddress(ReadOnlySpan<byte> record, RecordField? field, Span<byte> address)
    {
        if (field is null)
        {
            return false;
        }

        FieldValues.Address(record, field, index: 0, address);
        return true;
    }

    private static ulong Number(ReadOnlySpan<byte> record, RecordField? field) =>
        field is null ? 0 : FieldValues.Unsigned(record, field);

    private static ushort? Port(ReadOnlySpan<byte> record, RecordField? field) =>
        field is null ? null : (ushort)FieldValues.Port(record, field, index: 0);

    private static RecordField? Take(RecordSchema schema, string name, Func<RecordField, bool> fits) => schema.Fields
        .FirstOrDefault(field => (field.Name == name || field.OfProcess && LeafOf(field.Name) == name) && field.Count == CountOf(field) && fits(field));

    // Text is an array and yet one value.
    private static int CountOf(RecordField field) => field.Kind == FieldKind.Text ? field.Count : 1;

    private static string LeafOf(string name) => name[(name.LastIndexOf('.') + 1)..];

    private static bool IsNumber(RecordField field) => field.Kind is FieldKind.Unsigned or FieldKind.Signed or FieldKind.Enum;

    private static bool IsAddress(RecordField field) => field.Kind is FieldKind.Ip or FieldKind.Ipv4;

    private static bool IsPort(RecordField field) => field.Kind is FieldKind.Port or FieldKind.NetworkPort;
}
