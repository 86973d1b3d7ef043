using System.Reflection;
using System.Runtime.CompilerServices;
using Monitor.Agent.Encoding;
using Monitor.Agent.Monitors;
using Monitor.Bpf.Rings;
using Monitor.EventLog;

namespace Monitor.Agent.Reading;

/// <summary>What the reader's thread runs for an event.</summary>
internal static class ReaderCode
{
    private const BindingFlags Declared =
        BindingFlags.DeclaredOnly | BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;

    /// <summary>
    /// Compiles it before there is an event; takes 0.4 s. At the first events it would take 40 ms of the reader's time, in
    /// which a storm fills a ring twice.
    /// </summary>
    public static void Compile()
    {
        UseLog();
        string[] namespaces = [
            typeof(PerfDrain).Namespace!, typeof(EventReader).Namespace!, typeof(EventEncoder).Namespace!,
            typeof(MonitorDefinition).Namespace!,
        ];
        Assembly[] assemblies = [typeof(PerfDrain).Assembly, typeof(EventReader).Assembly];
        foreach (var type in assemblies.SelectMany(assembly => assembly.GetTypes()))
        {
            if (!namespaces.Contains(type.Namespace) || type.ContainsGenericParameters)
            {
                continue;
            }

            // First what its static fields hold: then they are constants for the compiler.
            RuntimeHelpers.RunClassConstructor(type.TypeHandle);
            foreach (var method in type.GetMethods(Declared).Concat<MethodBase>(type.GetConstructors(Declared)))
            {
                if (method.IsAbstract || method.ContainsGenericParameters)
                {
                    continue;
                }

                try
                {
                    RuntimeHelpers.PrepareMethod(method.MethodHandle);
                }
                catch (PlatformNotSupportedException)
                {
                    // Of a delegate: the runtime makes it.
                }
            }
        }
    }

    // Most of the log is for others: what the reader runs of it is compiled by running it, until segments are used again.
    private static void UseLog()
    {
        using var log = new EventLog.EventLog(
            new EventLogOptions { RetentionBytes = EventLogOptions.MinRetentionBytes }, epoch: 0, TimeProvider.System);
        var encoder = new EventEncoder("", log.Epoch);
        var type = EventEncoder.EncodeType(nameof(UseLog));
        var id = log.Types.GetOrAdd(nameof(UseLog));
        for (var bytes = 0L; bytes < 2 * EventLogOptions.MinRetentionBytes; bytes += encoder.Encoded.Length)
        {
            encoder.Begin(type, id, log.NextSequence, 0, 0);
            log.Append(encoder.Columns, encoder.Encoded);
            log.Publish();
        }
    }
}
