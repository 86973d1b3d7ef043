using System.Buffers;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace Monitor.Aggregator.Links;

/// <summary>
/// Reads answers of agents within bounds of memory. Two bytes can be an object of a hundred, so what an answer takes is estimated before
/// it is parsed, and fields that nobody knows are not kept.
/// </summary>
internal static class AgentAnswer
{
    private const int MessageCost = 160;
    private const int TextCost = 32;
    private const int ScalarCost = 8;

    // Answers are four deep.
    private const int MaxDepth = 16;

    /// <summary>A method whose answers are bounded.</summary>
    /// <param name="descriptor">The method.</param>
    /// <param name="maxCost">Most bytes that an answer may take in memory, as estimated.</param>
    public static Method<TRequest, TResponse> Method<TRequest, TResponse>(MethodDescriptor descriptor, int maxCost)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        var parser = ((MessageParser<TResponse>)descriptor.OutputType.Parser).WithDiscardUnknownFields(true);
        return new(
            MethodType.Unary,
            descriptor.Service.FullName,
            descriptor.Name,
            new Marshaller<TRequest>(
                static request => request.ToByteArray(), static _ => throw new NotSupportedException("Agents read these.")),
            new Marshaller<TResponse>(
                static (_, _) => throw new NotSupportedException("Agents send these."),
                context => Read(descriptor.OutputType, parser, context.PayloadAsReadOnlySequence().ToArray(), maxCost)));
    }

    /// <summary>What a message takes in memory, as estimated.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="bytes">It.</param>
    /// <returns>Bytes.</returns>
    /// <exception cref="InvalidProtocolBufferException">It is not one, or nested too deep.</exception>
    public static long CostOf(MessageDescriptor type, byte[] bytes) => CostOf(type, new CodedInputStream(bytes), MaxDepth);

    private static T Read<T>(MessageDescriptor type, MessageParser<T> parser, byte[] bytes, int maxCost)
        where T : IMessage<T> => CostOf(type, bytes) <= maxCost
            ? parser.ParseFrom(bytes)
            : throw new InvalidDataException($"the answer would take more than {maxCost >> 20} MiB of memory");

    private static long CostOf(MessageDescriptor type, CodedInputStream input, int depth)
    {
        if (depth == 0)
        {
            throw new InvalidDataException("the answer is nested too deep");
        }

        long cost = MessageCost;
        for (uint tag; (tag = input.ReadTag()) != 0;)
        {
            var field = type.FindFieldByNumber(WireFormat.GetTagFieldNumber(tag));
            if (field is null || WireFormat.GetTagWireType(tag) != WireFormat.WireType.LengthDelimited)
            {
                input.SkipLastField();
                cost += field is null ? 0 : ScalarCost;
                continue;
            }

            var bytes = input.ReadBytes();
            cost += field.FieldType switch
            {
                FieldType.Message => CostOf(field.MessageType, bytes.CreateCodedInput(), depth - 1),
                FieldType.String => TextCost + (2L * bytes.Length),
                FieldType.Bytes => TextCost + bytes.Length,
                // Packed, a byte each at the least.
                _ => ScalarCost * (long)bytes.Length,
            };
        }

        return cost;
    }
}
