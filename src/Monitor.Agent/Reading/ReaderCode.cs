using System.Reflection;
using System.Runtime.CompilerServices;
using Monitor.Agent.Encoding;
using Monitor.Agent.Monitors;
using Monitor.Bpf.Rings;

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
        string[] namespaces = [
            typeof(PerfDrain).Namespace!, typeof(EventLog.EventLog).Namespace!, typeof(EventReader).Namespace!,
            typeof(EventEncoder).Namespace!, typeof(MonitorDefinition).Namespace!,
        ];
        Assembly[] assemblies = [typeof(PerfDrain).Assembly, typeof(EventLog.EventLog).Assembly, typeof(EventReader).Assembly];
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
}
