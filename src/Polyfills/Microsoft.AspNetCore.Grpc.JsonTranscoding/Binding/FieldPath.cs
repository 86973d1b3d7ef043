using Microsoft.AspNetCore.Grpc.JsonTranscoding.Schema;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Binding;

/// <summary>A field, and the messages on the way to it.</summary>
/// <param name="Name">The name it was found by, as the client or the rule wrote it.</param>
/// <param name="Fields">The field last, in front of it the fields of the messages that contain it.</param>
internal readonly record struct FieldPath(string Name, FieldSchema[] Fields)
{
    // A message that contains itself has paths without end.
    private const int MaxLength = 32;

    public FieldSchema Leaf => Fields[^1];

    /// <summary>The path in names of the .proto file, the same for every way to write it.</summary>
    public string Canonical => Prefix(Fields.Length);

    /// <summary>The first fields of the path, as <see cref="Canonical"/>.</summary>
    public string Prefix(int count) => string.Join('.', Fields.Take(count).Select(f => f.Descriptor.Name));

    /// <summary>Finds <c>a.b.c</c>, each part by its JSON name or its name in the .proto file.</summary>
    public static FieldPath? Find(MessageSchema message, string name)
    {
        var fields = new List<FieldSchema>(1);
        MessageSchema? current = message;
        foreach (var part in name.AsSpan().Split('.'))
        {
            if (current?.Find(name.AsSpan(part)) is not { } field || fields.Count == MaxLength)
            {
                return null;
            }

            fields.Add(field);
            current = field.Message;
        }

        return new FieldPath(name, [.. fields]);
    }
}
