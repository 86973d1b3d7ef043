using System.Collections.Concurrent;
using Google.Protobuf.Reflection;

namespace Monitor.Server;

/// <summary>The names that requests know, found once per message.</summary>
internal static class RequestFields
{
    private static readonly ConcurrentDictionary<MessageDescriptor, IReadOnlyDictionary<string, bool>> Known = new();

    /// <summary>The parameters of a query by JSON name, each with whether it may be repeated. Fields of messages are
    /// reached by dots, but for the well-known types, which are one value.</summary>
    public static IReadOnlyDictionary<string, bool> ParametersOf(MessageDescriptor request) =>
        Known.GetOrAdd(request, static descriptor => Parameters(descriptor, "", 0));

    /// <summary>"unknown parameter 'k8s_pod': did you mean …? this path takes …".</summary>
    /// <param name="kind">What it is: parameter or field.</param>
    /// <param name="name">The unknown name.</param>
    /// <param name="known">The known ones.</param>
    public static string Unknown(string kind, string name, IEnumerable<string> known)
    {
        var names = known.ToList();
        return $"unknown {kind} '{Shorten(name)}': {NearestName.DidYouMean(name, names)}"
            + (names.Count == 0 ? "this path takes none" : $"this path takes {string.Join(", ", names)}");
    }

    /// <summary>What a client sent, fit for a message.</summary>
    public static string Shorten(string text) => text.Length <= 100 ? text : text[..97] + "...";

    private static Dictionary<string, bool> Parameters(MessageDescriptor message, string prefix, int depth)
    {
        // Requests are flat; the bound is for one that contains itself.
        const int MaxDepth = 4;
        var parameters = new Dictionary<string, bool>(StringComparer.Ordinal);
        foreach (var field in message.Fields.InFieldNumberOrder())
        {
            if (field.FieldType != FieldType.Message
                || field.MessageType.File.Package.Equals("google.protobuf", StringComparison.Ordinal))
            {
                parameters.Add(prefix + field.JsonName, field.IsRepeated);
            }
            else if (!field.IsRepeated && depth < MaxDepth)
            {
                foreach (var (name, isRepeated) in Parameters(field.MessageType, prefix + field.JsonName + ".", depth + 1))
                {
                    parameters.Add(name, isRepeated);
                }
            }
        }

        return parameters;
    }
}
