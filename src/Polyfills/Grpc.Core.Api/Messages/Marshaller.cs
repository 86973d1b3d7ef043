namespace Grpc.Core;

/// <summary>How messages of one type become bytes and back. Immutable; the functions must be thread-safe.</summary>
/// <typeparam name="T">The message type.</typeparam>
public class Marshaller<T>
{
    /// <summary>A marshaller on arrays.</summary>
    /// <param name="serializer">Gives the bytes of a message.</param>
    /// <param name="deserializer">Gives the message of all its bytes.</param>
    public Marshaller(Func<T, byte[]> serializer, Func<byte[], T> deserializer)
    {
        ArgumentNullException.ThrowIfNull(serializer);
        ArgumentNullException.ThrowIfNull(deserializer);
        Serializer = serializer;
        Deserializer = deserializer;
        ContextualSerializer = (message, context) => context.Complete(serializer(message));
        ContextualDeserializer = context => deserializer(context.PayloadAsNewBuffer());
    }

    /// <summary>A marshaller on contexts, which saves copies.</summary>
    /// <param name="serializer">Writes a message to the context and completes it.</param>
    /// <param name="deserializer">Reads the message of the context.</param>
    public Marshaller(Action<T, SerializationContext> serializer, Func<DeserializationContext, T> deserializer)
    {
        ArgumentNullException.ThrowIfNull(serializer);
        ArgumentNullException.ThrowIfNull(deserializer);
        ContextualSerializer = serializer;
        ContextualDeserializer = deserializer;
        Serializer = _ => throw OnlyContextual();
        Deserializer = _ => throw OnlyContextual();
    }

    /// <summary>
    /// Gives the bytes of a message. Throws <see cref="NotImplementedException"/> where the marshaller was made from
    /// functions on contexts.
    /// </summary>
    public Func<T, byte[]> Serializer { get; }

    /// <summary>
    /// Gives the message of all its bytes. Throws <see cref="NotImplementedException"/> where the marshaller was made
    /// from functions on contexts.
    /// </summary>
    public Func<byte[], T> Deserializer { get; }

    /// <summary>Writes a message to a context and completes it.</summary>
    public Action<T, SerializationContext> ContextualSerializer { get; }

    /// <summary>Reads the message of a context.</summary>
    public Func<DeserializationContext, T> ContextualDeserializer { get; }

    private static NotImplementedException OnlyContextual() =>
        new("This marshaller works on contexts only; use ContextualSerializer and ContextualDeserializer.");
}
