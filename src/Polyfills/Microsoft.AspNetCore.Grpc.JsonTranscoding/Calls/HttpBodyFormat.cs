using System.Text;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Schema;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Wire;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Calls;

/// <summary>google.api.HttpBody: a body as it is, with its own content type.</summary>
internal static class HttpBodyFormat
{
    private const int ContentType = 1;
    private const int Data = 2;

    public static bool IsHttpBody(MessageSchema? schema) => schema?.Descriptor.FullName == "google.api.HttpBody";

    /// <summary>Writes the data of the body that a message, or one field of it, is.</summary>
    /// <returns>The content type; application/octet-stream where the body has none.</returns>
    public static string Write(FieldSchema? field, ReadOnlySpan<byte> message, ByteBuffer output)
    {
        string? contentType = null;
        if (field is null)
        {
            WriteBody(message, output, ref contentType);
        }
        else
        {
            for (var position = 0; position < message.Length;)
            {
                var tag = WireReader.ReadTag(message, ref position);
                if (tag == Tag(field.Number))
                {
                    WriteBody(WireReader.ReadDelimited(message, ref position), output, ref contentType);
                }
                else
                {
                    WireReader.Skip(message, ref position, tag);
                }
            }
        }

        return string.IsNullOrEmpty(contentType) ? "application/octet-stream" : contentType;
    }

    /// <summary>Appends the body of a request, as the message itself or as one field of it.</summary>
    public static void Read(FieldSchema? field, string? contentType, ReadOnlySpan<byte> data, ByteBuffer output)
    {
        var start = 0;
        if (field is not null)
        {
            output.WriteTag(field.Number, WireType.Delimited);
            start = output.BeginDelimited();
        }

        output.WriteTag(ContentType, WireType.Delimited);
        output.WriteDelimited(Encoding.UTF8.GetBytes(contentType ?? ""));
        output.WriteTag(Data, WireType.Delimited);
        output.WriteDelimited(data);
        if (field is not null)
        {
            output.EndDelimited(start);
        }
    }

    private static void WriteBody(ReadOnlySpan<byte> body, ByteBuffer output, ref string? contentType)
    {
        for (var position = 0; position < body.Length;)
        {
            var tag = WireReader.ReadTag(body, ref position);
            if (tag == Tag(ContentType))
            {
                contentType = Encoding.UTF8.GetString(WireReader.ReadDelimited(body, ref position));
            }
            else if (tag == Tag(Data))
            {
                output.Clear();
                output.Write(WireReader.ReadDelimited(body, ref position));
            }
            else
            {
                WireReader.Skip(body, ref position, tag);
            }
        }
    }

    private static uint Tag(int number) => ((uint)number << WireType.Bits) | WireType.Delimited;
}
