using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Monitor.Agent.Handover;

/// <summary>
/// A <see cref="HandoverDescription"/> as JSON. By hand: what a serializer compiles for it at the start takes a fifth of a
/// second.
/// </summary>
internal static class HandoverJson
{
    public static byte[] Write(HandoverDescription description)
    {
        var buffer = new ArrayBufferWriter<byte>(1 << 14);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("version", description.Version);
            WriteMap(json, "settings", description.Settings);
            json.WriteNumber("held_capabilities", description.HeldCapabilities);
            WriteList(json, "rights_notes", description.RightsNotes);
            json.WriteString("files_problem", description.FilesProblem);
            json.WriteStartArray("loaded");
            foreach (var monitor in description.Loaded)
            {
                Write(json, monitor);
            }

            json.WriteEndArray();
            json.WriteStartObject("sockets");
            WriteDescriptor(json, "files", description.Sockets.Files);
            WriteDescriptor(json, "table", description.Sockets.Table);
            json.WriteString("note", description.Sockets.Note);
            json.WriteEndObject();
            json.WriteStartObject("connections");
            WriteDescriptor(json, "entries", description.Connections?.Entries);
            WriteDescriptor(json, "counts", description.Connections?.Counts);
            json.WriteEndObject();
            WriteMap(json, "failed", description.Failed);
            WriteList(json, "disabled", description.Disabled);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <exception cref="HandoverException">It is not JSON, or not such a description.</exception>
    public static HandoverDescription Read(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes);
            var json = document.RootElement;
            return new HandoverDescription
            {
                Version = Text(json, "version"),
                Settings = ReadMap(json, "settings"),
                HeldCapabilities = json.GetProperty("held_capabilities").GetUInt64(),
                RightsNotes = ReadList(json, "rights_notes"),
                FilesProblem = json.GetProperty("files_problem").GetString(),
                Loaded = ReadList(json, "loaded", ReadMonitor),
                Sockets = ReadSockets(json.GetProperty("sockets")),
                Connections = ReadConnections(json.GetProperty("connections")),
                Failed = ReadMap(json, "failed"),
                Disabled = ReadList(json, "disabled"),
            };
        }
        catch (Exception failure) when (failure is JsonException or KeyNotFoundException or InvalidOperationException
            or FormatException or OverflowException)
        {
            throw new HandoverException($"it is no description of loaded programs: {failure.Message}", failure);
        }
    }

    private static HandedSockets ReadSockets(JsonElement json) =>
        new(ReadDescriptor(json, "files"), ReadDescriptor(json, "table"), Text(json, "note"));

    private static HandedConnections? ReadConnections(JsonElement json) =>
        ReadDescriptor(json, "entries") is { } entries && ReadDescriptor(json, "counts") is { } counts
            ? new HandedConnections(entries, counts)
            : null;

    private static void Write(Utf8JsonWriter json, HandedMonitor monitor)
    {
        json.WriteStartObject();
        json.WriteString("name", monitor.Name);
        json.WriteNumber("counters", monitor.Counters);
        json.WriteNumber("reading", monitor.Reading);
        json.WriteNumber("events", monitor.Events);
        json.WriteNumber("ring_bytes", monitor.RingBytes);
        json.WriteNumber("kernel_memory_bytes", monitor.KernelMemoryBytes);
        WriteList(json, "notes", monitor.Notes);
        json.WriteStartArray("rings");
        foreach (var ring in monitor.Rings)
        {
            json.WriteStartObject();
            json.WriteNumber("cpu", ring.Cpu);
            json.WriteNumber("descriptor", ring.Descriptor);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("hooks");
        foreach (var hook in monitor.Hooks)
        {
            json.WriteStartObject();
            json.WriteString("program", hook.Program);
            json.WriteString("type", hook.Type);
            json.WriteString("error", hook.Error);
            WriteDescriptor(json, "loaded", hook.Loaded);
            WriteDescriptor(json, "link", hook.Link);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("kernel_names");
        foreach (var (number, name) in monitor.KernelNames)
        {
            json.WriteString(number.ToString(CultureInfo.InvariantCulture), name);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static HandedMonitor ReadMonitor(JsonElement json) => new()
    {
        Name = Text(json, "name"),
        Counters = json.GetProperty("counters").GetInt32(),
        Reading = json.GetProperty("reading").GetInt32(),
        Events = json.GetProperty("events").GetInt32(),
        RingBytes = json.GetProperty("ring_bytes").GetInt32(),
        KernelMemoryBytes = json.GetProperty("kernel_memory_bytes").GetInt64(),
        Notes = ReadList(json, "notes"),
        Rings = ReadList(json, "rings", ring =>
            new HandedRing(ring.GetProperty("cpu").GetInt32(), ring.GetProperty("descriptor").GetInt32())),
        Hooks = ReadList(json, "hooks", hook => new HandedHook(
            Text(hook, "program"),
            Text(hook, "type"),
            hook.GetProperty("error").GetString(),
            ReadDescriptor(hook, "loaded"),
            ReadDescriptor(hook, "link"))),
        KernelNames = ReadNames(json),
    };

    private static Dictionary<uint, string> ReadNames(JsonElement json)
    {
        var names = new Dictionary<uint, string>();
        foreach (var name in json.GetProperty("kernel_names").EnumerateObject())
        {
            names[uint.Parse(name.Name, NumberStyles.None, CultureInfo.InvariantCulture)] = Text(name.Value);
        }

        return names;
    }

    private static void WriteDescriptor(Utf8JsonWriter json, string name, int? descriptor)
    {
        if (descriptor is { } number)
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static int? ReadDescriptor(JsonElement json, string name) =>
        json.GetProperty(name) is { ValueKind: not JsonValueKind.Null } descriptor ? descriptor.GetInt32() : null;

    private static void WriteMap(Utf8JsonWriter json, string name, IReadOnlyDictionary<string, string> map)
    {
        json.WriteStartObject(name);
        foreach (var (key, value) in map)
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
    }

    // Of two with one name the last counts.
    private static Dictionary<string, string> ReadMap(JsonElement json, string name)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in json.GetProperty(name).EnumerateObject())
        {
            map[entry.Name] = Text(entry.Value);
        }

        return map;
    }

    private static void WriteList(Utf8JsonWriter json, string name, IReadOnlyList<string> list)
    {
        json.WriteStartArray(name);
        foreach (var item in list)
        {
            json.WriteStringValue(item);
        }

        json.WriteEndArray();
    }

    private static List<string> ReadList(JsonElement json, string name) => ReadList(json, name, Text);

    // No Select over JsonElement: it would be compiled at the start.
    private static List<T> ReadList<T>(JsonElement json, string name, Func<JsonElement, T> read)
        where T : class
    {
        var list = new List<T>();
        foreach (var item in json.GetProperty(name).EnumerateArray())
        {
            list.Add(read(item));
        }

        return list;
    }

    private static string Text(JsonElement json, string name) => Text(json.GetProperty(name));

    private static string Text(JsonElement json) => json.GetString() ?? throw new FormatException("a text is null");
}
