using System.Collections.Concurrent;
using Google.Protobuf.Reflection;
using Monitor.Protocol;

namespace Monitor.Server;

/// <summary>The fields that requests have, found once for each message.</summary>
internal static class RequestFields
{
    private static readonly ConcurrentDictionary<MessageDescriptor, IReadOnlyDictionary<string, FieldDescriptor>> Known = new();

    /// <summary>The parameters of a query by JSON name. A dot leads to the fields of a message, but the well-known types
    /// are one value.</summary>
    public static IReadOnlyDictionary<string, FieldDescriptor> ParametersOf(MessageDescriptor request) =>
        Known.GetOrAdd(request, static descriptor => Parameters(descriptor, "", 0));

    /// <summary>The field that a JSON body calls by this name: its JSON name or that of the .proto file.</summary>
    public static FieldDescriptor? Find(MessageDescriptor request, string name) =>
        request.Fields.InDeclarationOrder().FirstOrDefault(field => field.JsonName == name || field.Name == name);

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
    public static string Shorten(string text) => MessageText.Shorten(text, 100);

    private static Dictionary<string, FieldDescriptor> Parameters(MessageDescriptor message, string prefix, int depth)
    {
        // Requests are flat; the bound is for one that contains itself.
        const int MaxDepth = 4;
        var parameters = new Dictionary<string, FieldDescriptor>(StringComparer.Ordinal);
        foreach (var field in message.Fields.InFieldNumberOrder())
        {
            if (field.FieldType != FieldType.Message
                || field.MessageType.File.Package.Equals("google.protobuf", StringComparison.Ordinal))
            {
                parameters.Add(prefix + field.JsonName, field);
            }
            else if (!field.IsRepeated && depth < MaxDepth)
            {
                foreach (var (name, inner) in Parameters(field.MessageType, prefix + field.JsonName + ".", depth + 1))
                {
                    parameters.Add(name, inner);
                }
            }
        }

        return parameters;
    }
}
